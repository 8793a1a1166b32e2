import assert from "node:assert/strict";

/** Checks what the story told, wherever it was told. */
export function checkStory({ outbox, to, tickets, outcomes }) {
  const { sent, wrong, right, replay, soon } = outcomes;
  assert.equal(sent.kind, "sent", JSON.stringify(sent));
  assert.equal(sent.ok, true);
  assert.equal(sent.httpStatus, 200);
  assert.match(sent.masked, /•/);
  assert.equal(outbox.length, 1);
  assert.match(outbox[0].code, /^\d{6}$/);
  assert.equal(outbox[0].to, "+8613800138000");
  assert.ok(outbox[0].text.includes(outbox[0].code));
  assert.equal(wrong.kind, "wrong_code");
  assert.equal(wrong.ok, false);
  assert.equal(typeof wrong.attemptsLeft, "number");
  assert.equal(right.kind, "verified");
  assert.equal(right.ok, true);
  assert.equal(to, "+8613800138000");
  assert.deepEqual(tickets, { genuine: true, ofAnother: false, missing: false });
  assert.equal(replay.kind, "expired");
  assert.equal(soon.kind, "limited");
  assert.equal(soon.code, "limit.cooldown");
  assert.ok(soon.retryAfter > 0 && soon.retryAfter <= 60);
  assert.ok(soon.retryAfterMs > 1000 * (soon.retryAfter - 1));
  for (const outcome of Object.values(outcomes)) assert.ok(outcome.textZh && outcome.textEn && outcome.code);
}
