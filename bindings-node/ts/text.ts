/**
 * The text in which calls cross to the core and back.
 *
 * A value is written with `%`, CR and LF percent-escaped, and nothing else; fields are `name: value` lines.
 */
import { DriveError } from "./config.js";
import type { Credentials } from "./credentials.js";
import type { Outcome } from "./outcome.js";
import type { StoreOp } from "./store.js";
import type { HttpCall, HttpReply } from "./transport.js";

/** What the core wants next. */
export type Step =
  | { kind: "http"; id: number; call: HttpCall }
  | { kind: "store"; id: number; ops: StoreOp[] }
  | { kind: "credentials"; id: number; provider: string }
  | { kind: "done"; outcome: Outcome };

/**
 * Writes the fields of a request; what is `undefined` or `null` is left out, but for a `deliver` that is `null`.
 *
 * A name may come from a client, where an application hands a whole body on. One that is no word would write lines of
 * its own, and is refused as the core refuses words that it does not know. So is a value that is no text, where it would
 * stand for every other of its kind: all objects read `[object Object]`. What people type is anything, and then nothing.
 */
export function writeRequest(fields: object): string {
  let text = "";
  for (const [name, value] of Object.entries(fields)) {
    if (!/^[A-Za-z]+$/.test(name)) throw new DriveError("drive.request", "the request has a field that there is not");
    if (value !== undefined && (value !== null || name === "deliver")) text += `${kebab(name)}: ${escape(plain(name, value))}\n`;
  }
  return text;
}

function plain(name: string, value: unknown): string {
  const type = typeof value;
  if (name === "deliver") {
    // A 0 or a null out of a database must not deliver.
    if (type !== "boolean") throw new DriveError("drive.request", "the field deliver of the request must be true or false");
    return String(value);
  }
  if (type === "string" || type === "number" || type === "bigint") return String(value);
  if (TYPED.has(name)) return "";
  throw new DriveError("drive.request", `the field ${name} of the request must be a text`);
}

/** What a client may have written, whatever its JSON held. */
const TYPED: ReadonlySet<string> = new Set(["to", "code", "purpose"]);

/** Reads a step. */
export function readStep(text: string): Step {
  const [kind, id] = firstLine(text).split(" ");
  switch (kind) {
    case "http":
      return { kind, id: Number(id), call: readCall(text) };
    case "store":
      return { kind, id: Number(id), ops: afterFirstLine(text).split("\n").filter(Boolean).map(readOp) };
    case "credentials":
      return { kind, id: Number(id), provider: afterFirstLine(text) };
    case "done":
      return { kind, outcome: readOutcome(afterFirstLine(text)) };
    default:
      throw new Error(`sansms: the core spoke of a step "${kind}", which this package does not know`);
  }
}

/** Writes a call as the core writes one, for the sandbox. */
export function writeCall(call: HttpCall): string {
  const { method, url, headers, body, timeoutMs, maxReplyBytes } = call;
  return `http 0\n${method} ${url}\n${timeoutMs} ${maxReplyBytes}\n${headerLines(headers)}\n${body}`;
}

/** Writes the reply to an HTTP step. */
export function writeHttpReply({ status, headers, body }: HttpReply): string {
  // The transport may be anyone's.
  if (!Number.isInteger(status) || status < 0 || status > 65_535 || typeof body !== "string") throw new TypeError("no reply");
  return `http ${status}\n${headerLines(headers)}\n${body}`;
}

/** Writes that an HTTP step got no reply. */
export function writeHttpFault(sent: boolean): string {
  return sent ? "http-fault sent" : "http-fault unsent";
}

/** Reads the reply to an HTTP step, as the sandbox writes it; nothing for a fault. */
export function readHttpReply(text: string): HttpReply | undefined {
  const [kind, status] = firstLine(text).split(" ");
  if (kind !== "http") return undefined;
  const { lines, body } = headAndBody(text);
  return { status: Number(status), headers: lines.slice(1).map(readHeader), body };
}

/** Writes a provider's key, or that there is none. */
export function writeCredentials(key: Credentials | undefined): string {
  if (key === undefined) return "credentials-fault";
  const { id, secret, token } = key;
  return `credentials\n${writeRequest({ id, secret, token })}`;
}

/** Writes the replies of a store, in the order of its operations; one that is no line is none. */
export function writeStoreReply(replies: readonly (string | undefined)[]): string {
  return ["store", ...replies.map((reply) => (reply === undefined || reply === null || /[\r\n]/.test(reply) ? "!" : reply))].join("\n");
}

/** What stands for the reply of a store that gave none. */
export const STORE_FAULT = "store-fault";

function readCall(text: string): HttpCall {
  const { lines, body } = headAndBody(text);
  const [, target = "", bounds = "", ...headers] = lines;
  const [method, url] = halves(target, " ");
  const [timeoutMs, maxReplyBytes] = halves(bounds, " ");
  return {
    method: method as HttpCall["method"],
    url,
    headers: headers.map(readHeader),
    body,
    timeoutMs: Number(timeoutMs),
    maxReplyBytes: Number(maxReplyBytes),
  };
}

function readOp(line: string): StoreOp {
  const [key, op] = halves(line, " ");
  return { key, op };
}

function readOutcome(text: string): Outcome {
  const events: string[] = [];
  const fields: Record<string, unknown> = { events };
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const at = line.indexOf(": ");
    const name = line.slice(0, at);
    const value = unescape(line.slice(at + 2));
    if (name === "event") events.push(value);
    // The full number is there to be read, and is left out when the outcome is printed, spread or serialised.
    else if (name === "to") Object.defineProperty(fields, "to", { value, enumerable: false });
    // So is what a vendor said, which is read at the first look.
    else if (name === "answer") {
      let read: unknown;
      Object.defineProperty(fields, "answer", { get: () => (read ??= JSON.parse(value)), enumerable: false, configurable: true });
    }
    else {
      const [key, read] = FIELDS.get(name) ?? learn(name);
      fields[key] = read(value);
    }
  }
  const { retryAfterMs } = fields as { retryAfterMs?: number };
  if (retryAfterMs !== undefined) fields["retryAfter"] = Math.ceil(retryAfterMs / 1000);
  return fields as unknown as Outcome;
}

/** Remembers how a field is called here, and read. */
function learn(name: string): Field {
  const field: Field = [camel(name), NUMBERS.has(name) ? Number : FLAGS.has(name) ? (value) => value === "true" : (value) => value];
  FIELDS.set(name, field);
  return field;
}

function headAndBody(text: string): { lines: string[]; body: string } {
  const end = text.indexOf("\n\n");
  return { lines: text.slice(0, end).split("\n"), body: text.slice(end + 2) };
}

function headerLines(headers: Iterable<readonly [string, string]>): string {
  let lines = "";
  for (const [name, value] of headers) lines += `${oneLine(name)}: ${oneLine(value)}\n`;
  return lines;
}

/** Unfolds a header's value: a line end in it counts as a blank (RFC 9112, 5.2). */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

function readHeader(line: string): [string, string] {
  return halves(line, ": ");
}

function firstLine(text: string): string {
  return halves(text, "\n")[0];
}

function afterFirstLine(text: string): string {
  return halves(text, "\n")[1];
}

/** Cuts at the first `mark`; the second half is empty where there is none. */
function halves(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

function escape(value: string): string {
  return !/[%\r\n]/.test(value) ? value : value.replace(/[%\r\n]/g, (char) => (char === "%" ? "%25" : char === "\r" ? "%0D" : "%0A"));
}

function unescape(value: string): string {
  return !value.includes("%") ? value : value.replace(/%(25|0D|0A)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

type Field = readonly [key: string, read: (value: string) => unknown];

/** The fields that came by so far; there are two dozen. */
const FIELDS = new Map<string, Field>();
const NUMBERS = new Set(["retry-after-ms", "resend-in-ms", "expires-in-ms", "attempts-left", "http-status"]);
const FLAGS = new Set(["ok", "replayed"]);
