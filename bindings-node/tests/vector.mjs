// Compares one sign vector, by the protocol in the documentation of `sansms::sign::vector`. Runs in any runtime.

/** Signs a line's inputs and compares; answers `"end to end"` or `"signer"`, or throws what differs. */
export function check(line, runVector) {
  const whole = JSON.parse(line);
  const answer = runVector(withoutAnswers(whole));
  const expect = whole.expect ?? whole;
  const signature = whole.expect ? "signature" : "published";
  if (typeof expect[signature] !== "string") throw new Error("the vector has no signature to compare with");
  for (const [stage, name] of [["signature", signature], ...STAGES.map((stage) => [stage, stage])]) {
    if (expect[name] != null) same(stage, answer[stage], expect[name]);
  }
  if (answer.kind === "end to end") compareRequests(answer, expect);
  return answer.kind;
}

/** Runs all lines; answers the counts, and what went wrong with each that failed. */
export function checkAll(text, runVector) {
  const counts = { "end to end": 0, signer: 0, failures: [] };
  for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
    try {
      counts[check(line, runVector)] += 1;
    } catch (error) {
      counts.failures.push(`${/"id": *("[^"]*")/.exec(line)?.[1] ?? "a line"}: ${error.message}`);
    }
  }
  return counts;
}

function withoutAnswers({ published, recomputed, verified, string_to_sign, canonical_request, expect, ...inputs }) {
  if (expect === undefined) return inputs;
  const { signature, string_to_sign: text, canonical_request: canonical, ...capture } = expect;
  return { ...inputs, expect: capture };
}

function compareRequests(answer, expect) {
  same("method", answer.method, expect.method);
  for (const part of ["query", "body"]) {
    const theirs = expect[part] ?? "";
    const read = theirs.startsWith("{") ? json : pairs;
    same(part, read(answer[part]), read(theirs));
  }
  for (const [name, value] of Object.entries(expect.headers)) same(`header ${name}`, answer.headers[name.toLowerCase()], value);
}

/** JSON with its keys in one order, as text. */
function json(text) {
  const sorted = (value) => (isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value);
  return JSON.stringify(JSON.parse(text), (_, value) => sorted(value));
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The decoded pairs in one order, as text. */
function pairs(form) {
  return [...new URLSearchParams(form)].map((pair) => JSON.stringify(pair)).sort().join("\n");
}

function same(what, ours, theirs) {
  if (ours !== theirs) throw new Error(`${what} differs: ${ours} and not ${theirs}`);
}

const STAGES = ["string_to_sign", "canonical_request"];
