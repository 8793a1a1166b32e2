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
  readonly masters?: readonly unknown[];
  nodeClient?(node: never): unknown;
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
 * Before its first use the server (of a cluster every primary) is asked once whether it will keep what it is given: a
 * `maxmemory-policy` other than `noeviction`, a replica, or a server older than 6.2 is a `ConfigError`; without an
 * append-only file, or where this user may not ask for INFO, there is a warning.
 */
export class RedisStore implements Store {
  readonly #send: (command: "evalsha" | "eval", script: string, op: StoreOp) => Promise<unknown>;
  readonly #servers: () => Promise<Server[]>;
  readonly #isBroken: () => boolean;
  readonly #refresh: (() => void) | undefined;
  readonly #isCluster: boolean;
  readonly #allowEviction: boolean;
  #isChecked = false;
  #checking: Promise<void> | undefined;

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
    this.#servers = serversOf(client);
    const { nodes, refreshSlotsCache } = client as Partial<IoredisLike>;
    this.#isCluster = nodes !== undefined || (client as Partial<NodeRedisLike>).nodeClient !== undefined;
    if (typeof refreshSlotsCache === "function") this.#refresh = () => refreshSlotsCache.call(client);
    this.#allowEviction = options.allowEviction ?? false;
  }

  async run(ops: readonly StoreOp[], timeoutMs = Infinity): Promise<(string | undefined)[]> {
    if (timeoutMs <= 0 || this.#isBroken()) throw new Error("Redis is not connected");
    // ioredis reads its map of a cluster again when a node hangs up, not when it stands still.
    const late = this.#refresh && timeoutMs < Infinity ? setTimeout(this.#refresh, timeoutMs) : undefined;
    try {
      return await this.#run(ops, timeoutMs);
    } finally {
      clearTimeout(late);
    }
  }

  async #run(ops: readonly StoreOp[], timeoutMs: number): Promise<(string | undefined)[]> {
    if (!this.#isChecked) {
      this.#checking ??= this.#check(timeoutMs).finally(() => (this.#checking = undefined));
      await this.#checking;
    }
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

  /** Asks each server; the next use asks again where one did not answer. */
  async #check(timeoutMs: number): Promise<void> {
    const servers = await this.#servers();
    // A primary that is away must not stop those that are there.
    const patience = this.#isCluster ? timeoutMs / 4 : Infinity;
    const answers = await Promise.allSettled(servers.map((server) => within(patience, server.info())));
    let isVolatile = false;
    let missing: unknown;
    for (const answer of answers) {
      if (answer.status === "fulfilled") isVolatile = lookAt(text(answer.value), this.#allowEviction, this.#isCluster) || isVolatile;
      else if (/^NOPERM/.test((answer.reason as Error).message)) warn("this user of Redis may not ask for INFO, so how the server keeps its data was not checked");
      else missing = answer.reason;
    }
    if (missing !== undefined && !this.#isCluster) throw missing;
    if (missing !== undefined || (this.#isCluster && servers.length === 0)) return;
    this.#isChecked = true;
    if (isVolatile) warn("this Redis keeps no append-only file: after a crash it has forgotten limits and live codes");
  }
}

interface Server {
  info(): Promise<unknown>;
}

/** Finds whom to ask; of a cluster its primaries. */
function serversOf(client: IoredisLike | NodeRedisLike): () => Promise<Server[]> {
  const { nodes } = client as Partial<IoredisLike>;
  if (nodes !== undefined) {
    return async () => {
      // A client that has just been made knows only those that it was told; a command waits until it knows all.
      if ((client as IoredisLike).status !== "ready") await client.info?.();
      return nodes.call(client, "master");
    };
  }
  const { nodeClient } = client as Partial<NodeRedisLike>;
  if (nodeClient !== undefined) {
    const ask = async (node: unknown): Promise<unknown> => ((await nodeClient.call(client, node as never)) as Server).info();
    return async () => ((client as NodeRedisLike).masters ?? []).map((node) => ({ info: () => ask(node) }));
  }
  return async () => (client.info === undefined ? [] : [client as Server]);
}

/** Refuses a server that would forget what it is given; tells whether a crash makes it forget. */
function lookAt(info: string, allowEviction: boolean, isCluster: boolean): boolean {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1];
  const wrong = (problem: string): never => {
    throw new ConfigError("config.value", "store", problem);
  };
  const [major = 0, minor = 0] = (field("redis_version") ?? "").split(".").map(Number);
  if (!(major > 6 || (major === 6 && minor >= 2))) wrong("Redis must be 6.2 or newer");
  // A node of a cluster may have become a replica since; it says itself where its slots are now.
  if (/^(slave|replica)$/.test(field("role") ?? "") && !isCluster) wrong("this Redis is a replica; give the address of the primary");
  const policy = field("maxmemory_policy") ?? "noeviction";
  if (policy !== "noeviction" && !allowEviction) {
    wrong(
      `with maxmemory-policy ${policy} this Redis may forget limits when its memory runs out; set it to noeviction, ` +
        "or pass { allowEviction: true }",
    );
  }
  return field("aof_enabled") === "0";
}

function warn(what: string): void {
  console.warn(`sansms: ${what}`);
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  if (timeoutMs === Infinity) return promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error("Redis took too long")), timeoutMs)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
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
