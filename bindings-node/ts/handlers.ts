import { clientIp, isProxyCount } from "./address.js";
import { ConfigError } from "./config.js";
import { core, whole, type Operations } from "./core.js";
import type { Health } from "./desk.js";
import type { Outcome, Verified } from "./outcome.js";
import type { Service } from "./service.js";

/** What a route does; `receipts` takes vendors' pushes, under `/kind/key` behind the route's path. */
export type Action = "send" | "verify" | "receipts" | "health";

/** How the handlers are set up; routes are named `"POST /path"`, or `"GET /path"` for `health`. */
export interface HandlerOptions {
  /**
   * Where the client's address comes from; nothing that a client can write is believed.
   *
   * `"cloudflare"`: the header that Cloudflare sets, `CF-Connecting-IP`. `{ trustedProxies: n }`: what the outermost of
   * your `n` proxies saw, counted from the right of `X-Forwarded-For`; with 0, or where fewer stand there, who is
   * connected. Or a function.
   */
  readonly clientIp: "cloudflare" | { readonly trustedProxies: number } | ((request: Request, info: ConnectionInfo) => string | undefined);
  /**
   * What binds a code to who asked for it: a cookie of this name, which the handlers set (`"__Host-sansms"` if left out); or
   * `"challenge"`, for apps, with a service that has `session: "challenge"`: the token that a send answers comes back
   * with the code; or a function that knows the session of the application.
   */
  readonly session?: { readonly cookie: string } | "challenge" | ((request: Request) => string | undefined | Promise<string | undefined>) | undefined;
  /** The purposes that clients may name; the first is meant when they name none. Left out, any that has a template. */
  readonly purposes?: readonly string[] | undefined;
  /** Asks for a ticket, bound to what is named here; the client gets it with the answer. */
  readonly ticketFor?: string | undefined;
  /** Tells whether to deliver: `false`, or nothing, for accounts that don't exist, and the answer is the same. */
  readonly deliver?: ((fields: { readonly to: string; readonly purpose: string }) => boolean | Promise<boolean>) | undefined;
  /** Is called when a code was right; what it answers, if anything, goes to the client instead. */
  readonly onVerified?: ((verified: Verified, context: { readonly request: Request; readonly purpose: string }) => Response | undefined | void | Promise<Response | undefined | void>) | undefined;
  /** Lets pages of other sites call; `false`, or they could make their visitors' browsers ask for codes. */
  readonly crossSite?: boolean | undefined;
  readonly [route: `POST /${string}`]: "send" | "verify" | "receipts";
  readonly [route: `GET /${string}`]: "health";
}

/** What a request alone does not tell. */
export interface ConnectionInfo {
  /** The address at the other end of the connection. */
  readonly remoteAddress?: string | undefined;
}

/** Answers a request; 404 where there is no such route. */
export type Handler = (request: Request, info?: unknown) => Promise<Response>;

/**
 * Makes a handler `Request -> Response` of a service, for any framework.
 *
 * ```ts
 * export default { fetch: handlers(service, { clientIp: "cloudflare", "POST /code": "send", "POST /verify": "verify" }) };
 * ```
 *
 * Bodies are JSON or forms: `to`, `purpose`, and for a check `code`; `challenge` where sessions are tokens. The answer is
 * JSON: `ok`, `kind`, `code`, `textZh`, `textEn`, `retryAfter` … Of `to`, events and providers it says nothing.
 *
 * With `"POST /receipts": "receipts"` a vendor is told `https://…/receipts/<kind>/<service.receiptPath>`, where `kind` is
 * the provider's; it is answered as it expects, and 404 for another key.
 */
export function handlers(service: Service, options: HandlerOptions): Handler {
  const { session = { cookie: "__Host-sansms" }, purposes, ticketFor, deliver, onVerified, crossSite } = options;
  const readIp = ipReader(options.clientIp);
  const routes: Readonly<Record<string, unknown>> = Object.assign(Object.create(null), options);
  // What a build of the edge lacks is said when the Worker starts, not to whoever asks.
  for (const action of ["receipts", "health"]) {
    if (Object.values(routes).includes(action)) whole<Operations>(core.get().core, "readReceipts", action);
  }
  return async (request, info) => {
    const { pathname } = new URL(request.url);
    const [, pushed, kind = "", key = ""] = /^(\/.*)\/([\w-]+)\/([\w-]+)\/?$/.exec(pathname) ?? [];
    if (pushed !== undefined && request.method === "POST" && routes[`POST ${pushed}`] === "receipts") {
      const body = await readText(request, MAX_PUSH);
      if (body === undefined) return plain(413, "the body is too large");
      const answer = service.answerPush(kind, key, body);
      return new Response(answer.body, { status: answer.status, headers: { "content-type": "application/json", "cache-control": "no-store" } });
    }
    const action = routes[`${request.method} ${pathname}`];
    if (action === "health") return answerHealth(await service.health());
    if (action !== "send" && action !== "verify") {
      const nothing = plain(404, "not found");
      NO_ROUTE.add(nothing);
      return nothing;
    }
    if (crossSite !== true && request.headers.get("sec-fetch-site") === "cross-site") return plain(403, "not from another site");
    const fields = await readFields(request);
    if (fields instanceof Response) return fields;

    const purpose = fields["purpose"] ?? purposes?.[0] ?? "default";
    if (purposes !== undefined && !purposes.includes(purpose)) return plain(400, "there is no such purpose");
    const ip = readIp(request, readConnection(info));
    const bound = await bind(request, session, fields, action);
    const who = { to: fields["to"] ?? "", purpose, ip, session: bound.session };
    if (action === "send") {
      // An account that was not found may be told as nothing at all.
      const delivers = deliver === undefined ? undefined : Boolean(await deliver({ to: who.to, purpose }));
      const { device, idempotencyKey } = fields;
      return answer(await service.send({ ...who, device, idempotencyKey, deliver: delivers }), bound.headers);
    }
    const outcome = await service.verify({ ...who, code: fields["code"] ?? "", ticketFor });
    return (outcome.ok && (await onVerified?.(outcome, { request, purpose }))) || answer(outcome, bound.headers);
  };
}

/** As much of Node's request as is used, with what a body parser may have left on it. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined; destroy?(): unknown };
  readonly body?: unknown;
  readonly readableDidRead?: boolean | undefined;
  readonly readableEnded?: boolean | undefined;
}

/** As much of Node's response as is used. */
export interface NodeResponse {
  readonly headersSent?: boolean | undefined;
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  end(body: string): unknown;
}

/**
 * Turns a handler into a listener for Node's `http`, Express, NestJS or Fastify's `raw` pair.
 *
 * Where there is no such route it calls `next`, if it is given one, and so it does with what was thrown. Without one it
 * answers 400 to what can't be read and 500 where the application threw, and never rejects.
 */
export function nodeListener(handler: Handler): (request: NodeRequest, response: NodeResponse, next?: (error?: unknown) => void) => Promise<void> {
  return async (request, response, next) => {
    let asked: Request | undefined;
    try {
      // First, for a socket may be gone once the body has been read.
      const { remoteAddress } = request.socket;
      asked = await readNode(request);
      const answer = await handler(asked, { remoteAddress });
      if (NO_ROUTE.has(answer) && next !== undefined) return next();
      await writeNode(answer, response);
    } catch (error) {
      if (next !== undefined) return next(error);
      // What a client wrote is no news; what the application threw is.
      if (asked !== undefined) console.warn("sansms: a request could not be answered", error);
      await giveUp(request, response, asked === undefined ? plain(400, "the request can't be read") : plain(500, "something went wrong"));
    }
  };
}

/** Reads a request of Node's; throws where it is cut off, or where `Request` can't hold it. */
async function readNode(request: NodeRequest): Promise<Request> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    // HTTP/2 has its first line among the headers.
    if (value !== undefined && !name.startsWith(":")) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const { method = "GET", url = "/", originalUrl } = request;
  const hasBody = method !== "GET" && method !== "HEAD";
  const parsed = isParsed(request) ? JSON.stringify(request.body) : undefined;
  if (parsed !== undefined) headers.set("content-type", "application/json");
  const init: RequestInit & { duplex: "half" } = { method, headers, duplex: "half" };
  if (hasBody) init.body = parsed ?? asRead(request) ?? (await readBytes(request, headers));
  return new Request(`http://${NODE_HOST}${originalUrl ?? url}`, init);
}

/** Returns what a parser left unparsed, as `express.text` and `express.raw` do. */
function asRead({ body }: NodeRequest): BodyInit | undefined {
  return typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : undefined;
}

/** Tells whether a body parser read this: Express 4's leave `{}` on what they didn't read, too. */
function isParsed({ body, readableDidRead, readableEnded }: NodeRequest): boolean {
  if (typeof body !== "object" || body === null || body instanceof Uint8Array) return false;
  return Object.keys(body).length > 0 || readableDidRead === true || readableEnded === true;
}

async function writeNode(answer: Response, response: NodeResponse): Promise<void> {
  const body = await answer.text();
  const headers: Record<string, string | string[]> = Object.fromEntries(answer.headers);
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  response.writeHead(answer.status, headers);
  response.end(body);
}

/** Answers that there is no answer, or hangs up where one has begun. */
async function giveUp({ socket }: NodeRequest, response: NodeResponse, answer: Response): Promise<void> {
  try {
    if (response.headersSent === true) socket.destroy?.();
    else await writeNode(answer, response);
  } catch {
    // Nobody is there to be told.
  }
}

/** Reads at most one byte more than the handler takes, which then says that it is too much. */
async function readBytes(request: NodeRequest, headers: Headers): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > MAX_PUSH) break;
  }
  headers.delete("content-length");
  headers.delete("transfer-encoding");
  return new Blob(chunks as BlobPart[]).arrayBuffer();
}

function ipReader(from: HandlerOptions["clientIp"]): (request: Request, info: ConnectionInfo) => string | undefined {
  if (typeof from === "function") return from;
  const [header, trustedProxies] = from === "cloudflare" ? ["cf-connecting-ip", 1] : ["x-forwarded-for", from?.trustedProxies];
  if (!isProxyCount(trustedProxies)) {
    throw new ConfigError("config.value", "clientIp", 'must be "cloudflare", { trustedProxies: n } with n from 0 to 16, or a function');
  }
  return (request, { remoteAddress }) => {
    // Whoever reaches a Worker came through Cloudflare.
    const peer = from === "cloudflare" ? undefined : remoteAddress;
    return clientIp({ peer, forwarded: request.headers.get(header), trustedProxies });
  };
}

async function bind(
  request: Request,
  session: NonNullable<HandlerOptions["session"]>,
  fields: Fields,
  action: Action,
): Promise<{ session: string | undefined; headers: [string, string][] }> {
  if (session === "challenge") return { session: fields["challenge"] || undefined, headers: [] };
  if (typeof session === "function") return { session: await session(request), headers: [] };
  const { cookie } = session;
  const known = new RegExp(`(?:^|; *)${cookie.replace(/[^\w-]/g, "\\$&")}=([0-9a-f]{32})(?:;|$)`).exec(request.headers.get("cookie") ?? "")?.[1];
  if (known !== undefined) return { session: known, headers: [] };
  const fresh = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  // A check without a session finds no code, and needs none.
  const headers: [string, string][] = action === "send" ? [["set-cookie", `${cookie}=${fresh}; Path=/; HttpOnly; Secure; SameSite=Lax`]] : [];
  return { session: fresh, headers };
}

type Fields = Readonly<Record<string, string | undefined>>;

/** Reads a body, as far as it is not longer than `most` bytes. */
async function readText(request: Request, most: number): Promise<string | undefined> {
  const reader = request.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let size = 0; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > most) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

async function readFields(request: Request): Promise<Fields | Response> {
  const text = await readText(request, MAX_BODY);
  if (text === undefined) return plain(413, "the body is too large");
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") return Object.fromEntries(new URLSearchParams(text));
  if (type !== "application/json") return plain(415, "the body must be JSON or a form");
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) {
      return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typed(value)]));
    }
  } catch {
    // Said below.
  }
  return plain(400, "the body is not an object of JSON");
}

/** Returns what was typed: a whole number's digits, as Python takes it; what else is no text is as good as left out. */
function typed(value: unknown): string | undefined {
  return typeof value === "string" ? value : Number.isSafeInteger(value) ? String(value) : undefined;
}

function answer(outcome: Outcome, headers: [string, string][]): Response {
  const all = outcome as unknown as Record<string, unknown>;
  const told = Object.fromEntries(TOLD.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]));
  const reply = new Response(JSON.stringify(told), {
    status: outcome.httpStatus,
    headers: [...headers, ["content-type", "application/json; charset=utf-8"], ["cache-control", "no-store"]],
  });
  if (all["retryAfter"] !== undefined) reply.headers.set("retry-after", String(all["retryAfter"]));
  return reply;
}

function answerHealth({ ok, code }: Health): Response {
  return new Response(JSON.stringify({ ok, code }), {
    status: ok ? 200 : 503,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  });
}

function plain(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" } });
}

/** Reads what a runtime hands over beside the request; Deno says it in a form of its own. */
function readConnection(info: unknown): ConnectionInfo {
  const { remoteAddress, remoteAddr } = (info ?? {}) as { remoteAddress?: unknown; remoteAddr?: { hostname?: unknown } };
  const address = remoteAddress ?? remoteAddr?.hostname;
  return typeof address === "string" ? { remoteAddress: address } : {};
}

/** What clients are told; the rest is for the operator. */
const TOLD = [
  "ok", "kind", "code", "masked", "textZh", "textEn", "retryAfter", "resendInMs", "expiresInMs", "attemptsLeft", "replayed", "challenge", "ticket",
] as const;

/** The longest body of ours, in bytes. */
const MAX_BODY = 16_384;

/** The longest push of a vendor's. */
const MAX_PUSH = 262_144;

/** The answers that say that there is no such route. */
const NO_ROUTE = new WeakSet<Response>();

/** Nothing looks at it: routes are paths. */
const NODE_HOST = "localhost";
