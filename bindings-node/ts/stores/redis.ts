import { ConfigError } from "../config.js";
import { runEach, type Store, type StoreOp } from "../store.js";
import { SCRIPT, SHA } from "./script.js";

/** As much of a client of ioredis (`Redis` or `Cluster`) as is used. */
export interface IoredisLike {
  evalsha(sha: string, keys: number, key: string, op: string): Promise<unknown>;
  eval(script: string, keys: number, key: string, op: string): Promise<unknown>;
  info?(): Promise<unknown>;
  nodes?(role: "master"): { info(): Promise<unknown> }[];
  refreshSlotsCache?(): void;
  readonly status?: string;
}

/** As much of a client of node-redis (`createClient` or `createCluster`) as is used. */
export interface NodeRedisLike {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  info?(): Promise<unknown>;
  readonly isReady?: boolean;
}

/** What a Redis store may be told besides its client. */
export interface RedisStoreOptions {
  /** Accepts a server that may forget limits when its memory runs out; `false`. */
  readonly allowEviction?: boolean | undefined;
}

/**
 * Keeps records in Redis 6.2 or newer, one server or a cluster: one script, one key a call, the server's clock.
 *
 * Takes a client of ioredis or of node-redis, which stays yours to connect and close. A wave's operations leave at
 * once, one `EVALSHA` each; nothing is tried again, and nothing is queued while the connection is broken. (A client that
 * sends a command again by itself does no harm: the same lease hears the same answer, and is charged once.)
 *
 * In a cluster both clients find the replica that took over from a primary that died. From one that stands still, or
 * whose host is gone without a word, only ioredis moves on; node-redis waits for it as long as the connection is there.
 *
 * Before its first use the server is asked once whether it will keep what it is given: a `maxmemory-policy` other than
 * `noeviction`, a replica, or a server older than 6.2 is a `ConfigError`; without an append-only file there is a warning.
 */
export class RedisStore implements Store {
  readonly #send: (command: "evalsha" | "eval", script: string, op: StoreOp) => Promise<unknown>;
  readonly #infos: () => Promise<unknown[]>;
  readonly #isBroken: () => boolean;
  readonly #refresh: (() => void) | undefined;
  readonly #isCluster: boolean;
  readonly #allowEviction: boolean;
  #checked: Promise<void> | undefined;

  constructor(client: IoredisLike | NodeRedisLike, options: RedisStoreOptions = {}) {
    if (typeof (client as Partial<NodeRedisLike> | undefined)?.evalSha === "function") {
      const redis = client as NodeRedisLike;
      this.#send = (command, script, { key, op }) =>
        redis[command === "eval" ? "eval" : "evalSha"](script, { keys: [key], arguments: [op] });
      this.#isBroken = () => redis.isReady === false;
    } else if (typeof (client as Partial<IoredisLike> | undefined)?.evalsha === "function") {
      const redis = client as IoredisLike;
      this.#send = (command, script, { key, op }) => redis[command](script, 1, key, op);
      this.#isBroken = () => BROKEN.has(redis.status ?? "");
    } else {
      throw new ConfigError("config.type", "store", "RedisStore takes a client of ioredis or of node-redis");
    }
    // A cluster of node-redis has no INFO; one of ioredis has that of its masters.
    this.#infos = async () => {
      const { info, nodes } = client as Partial<IoredisLike>;
      if (nodes !== undefined) return Promise.all(nodes.call(client, "master").map((node) => node.info()));
      return info === undefined ? [] : [await info.call(client)];
    };
    const { nodes, refreshSlotsCache } = client as Partial<IoredisLike>;
    this.#isCluster = nodes !== undefined;
    if (typeof refreshSlotsCache === "function") this.#refresh = () => refreshSlotsCache.call(client);
    this.#allowEviction = options.allowEviction ?? false;
  }

  async run(ops: readonly StoreOp[], timeoutMs = Infinity): Promise<(string | undefined)[]> {
    if (timeoutMs <= 0 || this.#isBroken()) throw new Error("Redis is not connected");
    // ioredis reads its map of a cluster again when a node hangs up, not when it stands still.
    const late = this.#refresh && timeoutMs < Infinity ? setTimeout(this.#refresh, timeoutMs) : undefined;
    try {
      return await this.#run(ops);
    } finally {
      clearTimeout(late);
    }
  }

  async #run(ops: readonly StoreOp[]): Promise<(string | undefined)[]> {
    this.#checked ??= this.#check();
    await this.#checked.catch((error: unknown) => {
      this.#checked = undefined;
      throw error;
    });
    return runEach(ops, async (op) => {
      try {
        return text(await this.#send("evalsha", SHA, op));
      } catch (error) {
        // It did not run then; EVAL runs it and loads the script.
        if (!isNoScript(error)) throw error;
        return text(await this.#send("eval", SCRIPT, op));
      }
    });
  }

  async #check(): Promise<void> {
    // In a cluster a node may have become a replica since; it says itself where its slots are now.
    for (const info of await this.#infos().catch(refused)) lookAt(String(info), this.#allowEviction, this.#isCluster);
  }
}

/** A user of Redis that may not ask for INFO is served without the check. */
function refused(error: unknown): unknown[] {
  if (/^NOPERM/.test((error as Error).message)) return [];
  throw error;
}

function lookAt(info: string, allowEviction: boolean, isCluster: boolean): void {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1];
  const wrong = (problem: string): never => {
    throw new ConfigError("config.value", "store", problem);
  };
  const [major = 0, minor = 0] = (field("redis_version") ?? "6.2").split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2)) wrong("Redis must be 6.2 or newer");
  if (field("role") === "slave" && !isCluster) wrong("this Redis is a replica; give the address of the primary");
  const policy = field("maxmemory_policy") ?? "noeviction";
  if (policy !== "noeviction" && !allowEviction) {
    wrong(
      `with maxmemory-policy ${policy} this Redis may forget limits when its memory runs out; set it to noeviction, ` +
        "or pass { allowEviction: true }",
    );
  }
  if (field("aof_enabled") === "0") console.warn("sansms: this Redis keeps no append-only file: after a crash it has forgotten limits and live codes");
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

function text(reply: unknown): string {
  if (typeof reply === "string") return reply;
  if (reply instanceof Uint8Array) return new TextDecoder().decode(reply);
  throw new TypeError("Redis answered something else than text");
}

/** The states of ioredis in which a command would wait for a connection that was there before. */
const BROKEN = new Set(["close", "reconnecting", "end"]);
