"use strict";

const form = document.getElementById("register");
const said = document.getElementById("said");
const hood = document.getElementById("hood");
const submit = form.querySelector(".submit");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (submit.getAttribute("aria-disabled") === "true") return;
  const text = submit.textContent;
  submit.setAttribute("aria-disabled", "true");
  submit.textContent = form.dataset.busy;
  said.textContent = "";
  try {
    const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const answer = await reply.json();
    tell(answer);
    if (answer.ok) finish(answer);
    else said.textContent = answer.text;
  } catch {
    said.textContent = form.dataset.failed;
  }
  submit.textContent = text;
  submit.removeAttribute("aria-disabled");
});

// What the code button heard is shown too; a new code makes an old complaint moot.
document.addEventListener("sansms:answer", (event) => {
  said.textContent = "";
  tell(event.detail);
});

function tell(answer) {
  if (!answer.kind) return;
  const more = ["attempts_left", "retry_after", "resend_in"]
    .filter((name) => name in answer)
    .map((name) => `${name} ${answer[name]}`);
  hood.textContent = [answer.code, ...more].join(" · ");
  hood.hidden = false;
}

function finish(answer) {
  const done = document.getElementById("done");
  done.querySelector("h1").textContent = answer.new ? done.dataset.done : done.dataset.back;
  done.querySelector("strong").textContent = answer.shown;
  form.hidden = true;
  done.hidden = false;
  done.focus();
}

// The phone: the pretend provider's inbox, looked at twice a second.
const phone = document.querySelector(".phone");
const list = document.getElementById("messages");
const seen = new Set();

async function look() {
  try {
    const reply = await fetch(phone.dataset.inbox);
    const { messages } = reply.ok ? await reply.json() : { messages: [] };
    for (const message of messages) {
      if (!seen.has(message.message_id)) list.prepend(bubble(message));
      seen.add(message.message_id);
    }
  } catch {
    // The server is gone or restarting: look again.
  }
  setTimeout(look, document.hidden ? 3000 : 500);
}

function bubble({ text, at, to }) {
  const item = document.createElement("li");
  const meta = item.appendChild(document.createElement("div"));
  meta.className = "meta";
  for (const part of [to, time(at)]) meta.appendChild(document.createElement("span")).textContent = part;
  const body = item.appendChild(document.createElement("div"));
  body.className = "text";
  body.textContent = text;
  const code = /\d{6}/.exec(text)?.[0];
  if (code) {
    const fill = item.appendChild(document.createElement("button"));
    fill.type = "button";
    fill.className = "plain fill";
    fill.textContent = phone.dataset.fill;
    fill.addEventListener("click", () => {
      const input = document.getElementById("id_code");
      input.value = code;
      input.focus();
    });
  }
  return item;
}

function time(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function tick() {
  document.getElementById("clock").textContent = time(Date.now());
}

tick();
setInterval(tick, 5000);
if (phone.dataset.inbox) look();
