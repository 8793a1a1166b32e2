// The "get code" button: asks for a code, says what came of it, and counts down until it may be asked for again.
// It needs no framework and no inline script; the server's limits hold whatever happens here.
(() => {
  "use strict";
  if (window.sansmsCodeButton) return;
  window.sansmsCodeButton = true;

  // For each button: the numbers that have to wait, and until when (ms). Kept in memory only.
  const waits = new WeakMap();

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".sansms-code .sansms-button");
    if (button && button.getAttribute("aria-disabled") !== "true") ask(button.closest(".sansms-code"));
  });

  // Another number has a countdown of its own, or none: whoever mistyped it need not wait.
  document.addEventListener("input", (event) => {
    for (const box of document.querySelectorAll(".sansms-code")) {
      if (event.target.id === box.dataset.sansmsPhone) show(box);
    }
  });

  async function ask(box) {
    const { sansmsUrl: url, sansmsCsrf: csrf, sansmsPurpose: purpose } = box.dataset;
    const phone = number(box);
    if (!phone) {
      say(box, box.dataset.sansmsEmpty, true);
      input(box)?.focus();
      return;
    }
    const body = new URLSearchParams({ phone, csrfmiddlewaretoken: csrf });
    if (purpose) body.set("purpose", purpose);
    box.dataset.sansmsBusy = "";
    show(box);
    let answer = {};
    try {
      const reply = await fetch(url, { method: "POST", body, headers: { accept: "application/json" } });
      answer = await reply.json();
      say(box, answer.text, !answer.ok);
    } catch {
      say(box, box.dataset.sansmsFailed, true);
    }
    delete box.dataset.sansmsBusy;
    const wait = answer.ok ? answer.resend_in : answer.retry_after;
    if (wait > 0) hold(box, phone, wait);
    if (answer.ok) document.getElementById(box.dataset.sansmsCode)?.focus();
    show(box);
    box.dispatchEvent(new CustomEvent("sansms:answer", { bubbles: true, detail: answer }));
  }

  function hold(box, phone, seconds) {
    const held = waits.get(box) ?? new Map();
    held.set(phone, Date.now() + seconds * 1000);
    waits.set(box, held);
    const tick = () => {
      if (show(box)) setTimeout(tick, 250);
    };
    tick();
  }

  // Shows the button as it stands now; tells whether it still counts for any number.
  function show(box) {
    const button = box.querySelector(".sansms-button");
    const now = Date.now();
    const held = waits.get(box) ?? new Map();
    button.dataset.first ??= button.textContent;
    const left = Math.ceil(((held.get(number(box)) ?? 0) - now) / 1000);
    const busy = "sansmsBusy" in box.dataset;
    const idle = held.size > 0 ? box.dataset.sansmsAgain : button.dataset.first;
    const text = busy ? box.dataset.sansmsSending : left > 0 ? box.dataset.sansmsWait.replace("{}", span(box, left)) : idle;
    if (button.textContent !== text) button.textContent = text;
    button.setAttribute("aria-disabled", String(busy || left > 0));
    return [...held.values()].some((end) => end > now);
  }

  function span(box, seconds) {
    if (seconds < 120) return box.dataset.sansmsSeconds.replace("{}", seconds);
    const two = (part) => String(Math.floor(part)).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const rest = `${hours ? two((seconds % 3600) / 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }

  function say(box, text, wrong) {
    const status = box.querySelector(".sansms-status");
    status.textContent = text ?? "";
    status.toggleAttribute("data-wrong", wrong);
  }

  const input = (box) => document.getElementById(box.dataset.sansmsPhone);
  const number = (box) => input(box)?.value.trim() ?? "";
})();
