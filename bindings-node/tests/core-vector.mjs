// Replays the core's vectors of numbers, codes and limits. Runs in any runtime.

/** Runs the lines of `phone.jsonl` or `code.jsonl`; answers how many there were, and what differs. */
export function checkCases(text, runVector) {
  const cases = parse(text);
  const failures = cases.flatMap(({ expect, ...inputs }) => {
    const got = runVector(inputs);
    return same(got, expect) ? [] : [`${inputs.id}: ${JSON.stringify(got)} and not ${JSON.stringify(expect)}`];
  });
  return { count: cases.length, failures };
}

/** Asks `clientIp` for each line of `address.jsonl`, its header as one text and as lines. */
export function checkAddresses(text, clientIp) {
  const cases = parse(text);
  const failures = cases.flatMap(({ id, peer, forwarded, proxies: trustedProxies, expect }) =>
    [forwarded, forwarded.split(",")].flatMap((form) => {
      const got = clientIp({ peer: peer ?? undefined, forwarded: form, trustedProxies }) ?? null;
      return got === expect.ip ? [] : [`${id}: ${got} and not ${expect.ip}`];
    }),
  );
  return { count: cases.length, failures };
}

/** Runs the sequences of `limit.jsonl` through `apply`. */
export async function checkLimits(text, apply) {
  const failures = [];
  let count = 0;
  for (const { id, record: first, ops } of parse(text)) {
    let record = first ? fromHex(first) : undefined;
    let until = 0;
    for (const { op, now, reply, ttl, sha256 } of ops) {
      if (until > 0 && now >= until) [record, until] = [undefined, 0];
      const applied = apply(record, op, now);
      const kept = applied.record;
      const got = { reply: applied.reply, ttl: kept ? applied.ttlMs : null, sha256: kept ? await digest(kept) : null };
      if (!same(got, { reply, ttl, sha256 })) failures.push(`${id}: ${op} at ${now}: ${JSON.stringify(got)}`);
      if (kept) [record, until] = [kept, Math.max(until, now + applied.ttlMs)];
      count += 1;
    }
  }
  return { count, failures };
}

function parse(text) {
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

/** Compares two flat objects, whatever the order of their keys. */
function same(ours, theirs) {
  const sorted = (value) => JSON.stringify(Object.entries(value).sort());
  return sorted(ours) === sorted(theirs);
}

function fromHex(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
