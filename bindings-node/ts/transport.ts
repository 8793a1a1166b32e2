/** Takes one HTTP request to a provider. */
export interface Transport {
  /**
   * Sends `call` byte for byte and answers the whole reply.
   *
   * It does not retry, follow a redirect, or re-encode the URL, which the signature covers; and it keeps the URL out
   * of every log, as number and code may be in it. Without a whole reply it throws a `TransportFault`; anything
   * else it throws counts as "may have been sent".
   */
  send(call: HttpCall): Promise<HttpReply>;
}

/** A complete request. */
export interface HttpCall {
  readonly method: "GET" | "POST";
  /** The absolute URL, already percent-encoded. */
  readonly url: string;
  /** Headers in order; names in lower case, without `host` and `content-length`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body as text, to be sent as UTF-8; empty for none. */
  readonly body: string;
  /** How long the whole exchange may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The largest reply body to read, in bytes; a longer one is a fault. */
  readonly maxReplyBytes: number;
}

/** A whole reply; any status is one, a redirect too. */
export interface HttpReply {
  readonly status: number;
  /** Headers; names in lower case. */
  readonly headers: Iterable<readonly [name: string, value: string]>;
  /** The body, decoded, as UTF-8 text. */
  readonly body: string;
}

/** There is no whole reply. */
export class TransportFault extends Error {
  override readonly name = "TransportFault";
  /** Whether any byte of the request may have left; `true` when that cannot be told. */
  readonly sent: boolean;

  constructor(sent: boolean) {
    super(sent ? "the request may have been sent, and got no whole reply" : "the request was not sent");
    this.sent = sent;
  }
}

/** A transport on the runtime's own `fetch`, or on one with the same face. */
export function fetchTransport(options: { fetch?: FetchLike } = {}): Transport {
  const fetch: FetchLike = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    async send(call) {
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), call.timeoutMs);
      try {
        const reply = await fetch(call.url, {
          method: call.method,
          headers: call.headers.map(([name, value]) => [name, value] as [string, string]),
          // As bytes: of a string, `fetch` would make a content-type of its own.
          ...(call.body !== "" && { body: new Uint8Array(new TextEncoder().encode(call.body)).buffer }),
          redirect: "manual",
          signal: stop.signal,
        });
        return { status: reply.status, headers: reply.headers, body: await readBody(reply.body, call.maxReplyBytes) };
      } catch (error) {
        throw error instanceof TransportFault ? error : new TransportFault(!NEVER_LEFT.has(codeOf(error)));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** As much of `fetch` as is used. */
export type FetchLike = (
  url: string,
  init: {
    method: string;
    headers: [string, string][];
    body?: ArrayBuffer;
    redirect: "manual";
    signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: Iterable<[string, string]>;
  readonly body: ReadableStream<Uint8Array> | null;
}>;

/** Reads a body; what is no UTF-8 is as unreadable as none, and the status then tells what it can. */
async function readBody(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
  const reader = body?.getReader();
  let text: string | undefined = "";
  const add = (bytes?: Uint8Array): void => {
    try {
      if (text !== undefined) text += decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      text = undefined;
    }
  };
  for (let bytes = 0; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      reader.cancel().catch(() => undefined);
      throw new TransportFault(true);
    }
    add(value);
  }
  add();
  return text ?? "";
}

/** Node's `fetch` hangs what went wrong on `cause`; a Worker's says nothing, so there every fault is "sent". */
function codeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } } | null)?.cause;
  return String(cause?.code);
}

/**
 * What goes wrong before a connection stands: Node's system errors, undici's for a slow connect, and what a certificate
 * is refused for (nodejs.org/api/tls.html#x509-certificate-error-codes), as the request waits for the handshake.
 */
const NEVER_LEFT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
