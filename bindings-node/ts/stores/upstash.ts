import { ConfigError } from "../config.js";
import type { Store, StoreOp } from "../store.js";
import { SCRIPT, SHA } from "./script.js";

/** Where an Upstash database is. */
export interface UpstashOptions {
  /** The REST URL, e.g. `https://eu1-….upstash.io`; plain http goes to loopback only. */
  readonly url: string;
  /** The REST token; one that may write. */
  readonly token: string;
  /** As much of `fetch` as is used; the runtime's if left out. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * Keeps records in Upstash's Redis, over its REST interface: for runtimes without sockets.
 *
 * One request a wave (`/pipeline`), with one `EVALSHA` for each operation. Nothing is tried again. The database's
 * eviction must be off (it is unless you turned it on), or limits are forgotten when it is full.
 */
export class UpstashStore implements Store {
  readonly #url: string;
  readonly #token: string;
  readonly #fetch: typeof fetch;

  constructor({ url, token, fetch }: UpstashOptions) {
    if (!/^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(?=[:/]|$)/.test(url ?? "")) {
      throw new ConfigError("config.value", "store.url", "must be the https URL of Upstash's REST interface", "UPSTASH_REDIS_REST_URL");
    }
    if (typeof token !== "string" || token === "") {
      throw new ConfigError("config.missing", "store.token", "is required", "UPSTASH_REDIS_REST_TOKEN");
    }
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#fetch = fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  async run(ops: readonly StoreOp[], timeoutMs = 5000): Promise<(string | undefined)[]> {
    const signal = AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs)));
    const answers = await this.#ask(ops.map(({ key, op }) => ["EVALSHA", SHA, "1", key, op]), signal);
    // These did not run; EVAL runs them and loads the script.
    const missed = ops.flatMap((op, at) => (answers[at]?.error?.startsWith("NOSCRIPT") === true ? [{ ...op, at }] : []));
    if (missed.length > 0) {
      const again = await this.#ask(missed.map(({ key, op }) => ["EVAL", SCRIPT, "1", key, op]), signal);
      missed.forEach(({ at }, index) => (answers[at] = again[index] ?? {}));
    }
    return ops.map((_, at) => {
      const result = answers[at]?.result;
      return typeof result === "string" ? result : undefined;
    });
  }

  async #ask(commands: string[][], signal: AbortSignal): Promise<{ result?: unknown; error?: string }[]> {
    const reply = await this.#fetch(`${this.#url}/pipeline`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: JSON.stringify(commands),
      redirect: "manual",
      signal,
    });
    if (!reply.ok) {
      await reply.body?.cancel();
      throw new Error(`Upstash answered ${reply.status}`);
    }
    return (await reply.json()) as { result?: unknown; error?: string }[];
  }
}
