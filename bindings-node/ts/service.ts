import { checkMs, ConfigError, pickEnv, readError, withErrors, writeConfig, type ServiceOptions } from "./config.js";
import { readAudit, type Audit } from "./audit.js";
import { core, whole, type CoreEngine, type CoreFlow, type EngineOperations, type Operations } from "./core.js";
import { Keys } from "./credentials.js";
import { inspected, type DeskOutcome, type Health, type InspectOutcome } from "./desk.js";
import { drive, type Host } from "./driver.js";
import type { CallOutcome, Outcome, SendOutcome, VerifyOutcome } from "./outcome.js";
import { eventOf, report, Tally, type Event, type Observer, type Stats } from "./observer.js";
import { readReceipts, ReceiptError, type DeliveryReceipt } from "./receipts.js";
import { SEAMS, type Seams } from "./seams.js";
import type { Store } from "./store.js";
import { writeRequest } from "./text.js";
import { fetchTransport } from "./transport.js";

/** Whom to send a code to, and on whose behalf. */
export interface SendRequest {
  /** The number or e-mail address as it was typed. */
  readonly to: string;
  /** What the code is for; it picks the template, and a code is good for its purpose only. */
  readonly purpose: string;
  /** The client's address, IPv4 or IPv6. */
  readonly ip?: string | undefined;
  /** What binds the code to who asked: a session's key, or the `challenge` of an earlier answer. */
  readonly session?: string | undefined;
  /** What tells the client's device apart, where there is such a thing. */
  readonly device?: string | undefined;
  /** The same key again sends nothing and hears `replayed`. */
  readonly idempotencyKey?: string | undefined;
  /** A code of your own making; the core makes one if left out. */
  readonly code?: string | undefined;
  /** `false` applies every limit and sends nothing: for accounts that don't exist. */
  readonly deliver?: boolean | undefined;
}

/** What to check. */
export interface VerifyRequest {
  /** The number or e-mail address as it was typed. */
  readonly to: string;
  /** The code as it was typed. */
  readonly code: string;
  /** The `purpose` of the send. */
  readonly purpose: string;
  /** The client's address, IPv4 or IPv6. */
  readonly ip?: string | undefined;
  /** The `session` of the send. */
  readonly session?: string | undefined;
  /** Asks for a ticket, bound to what is named here, e.g. the form that comes after. */
  readonly ticketFor?: string | undefined;
}

/** A ticket, and what it has to be bound to. */
export interface TicketRequest {
  /** The `ticket` of a verification. */
  readonly ticket: string;
  /** The number in E.164 or the address: the `to` of the verification. */
  readonly to: string;
  /** The `purpose` of the verification. */
  readonly purpose: string;
  /** The `ticketFor` of the verification. */
  readonly ticketFor: string;
}

/**
 * Sends codes and checks them.
 *
 * Make one and keep it. The constructor does no I/O, draws nothing and sets no timer, so it works at a Worker's module
 * scope.
 */
export class Service {
  readonly #engine: CoreEngine;
  readonly #host: Host;
  readonly #seed: () => Uint8Array;
  readonly #observer: Observer | undefined;
  readonly #tally = new Tally();

  /** Throws a `ConfigError` when an option is missing or wrong. */
  constructor(options: ServiceOptions) {
    const { store, transport, storeTimeoutMs, onStoreFault, observer, env, ...rest } = options;
    const { [SEAMS]: seams, ...config } = rest as typeof rest & { [SEAMS]?: Seams };
    checkStore(store);
    checkMs(storeTimeoutMs, "storeTimeoutMs");
    checkCall(transport, transport?.send, "transport", "must be a transport: an object with `send`");
    checkCall(onStoreFault, onStoreFault, "onStoreFault", "must be a function");
    checkCall(observer, observer, "observer", "must be a function");
    const keys = new Keys();
    const providers = keys.take(config.providers);
    const { Engine, envNames } = core.get().core;
    const variables = pickEnv(envNames(), env ?? processEnv());
    this.#engine = withErrors(() => new Engine(writeConfig({ ...config, providers, env: variables })));
    this.#host = {
      store,
      transport: transport ?? fetchTransport(),
      keys,
      storeTimeoutMs: storeTimeoutMs ?? 1000,
      onStoreFault,
      now: seams?.now ?? Date.now,
    };
    this.#observer = withStoreEvents(observer ?? undefined, store);
    this.#seed = seams?.seed ?? drawSeed;
  }

  /** Sends a code; test `ok` of what it answers. Rejects only for a bug (`DriveError`). */
  async send(request: SendRequest): Promise<SendOutcome> {
    return (await this.#run("send", request.purpose, () => this.#engine.send(writeRequest(request), this.#seed()))) as SendOutcome;
  }

  /** Checks a code and spends it if it is right; test `ok` of what it answers. Rejects only for a bug (`DriveError`). */
  async verify(request: VerifyRequest): Promise<VerifyOutcome> {
    return (await this.#run("verify", request.purpose, () => this.#engine.verify(writeRequest(request), this.#seed()))) as VerifyOutcome;
  }

  /**
   * Calls an action of a vendor's, e.g. a query of what was sent; no limit is counted.
   *
   * `provider` is its configured name. `action` and the names in `params` are the vendor's own; what the options know,
   * such as an app's id, may be left out. What the vendor said is the outcome's `answer`.
   *
   * `answered` is about the call, not about each of its numbers: where a vendor takes some and refuses others, each has
   * a status in the answer, in the vendor's own shape. Tencent's SendSms: `SendStatusSet`, whose `Code` is `Ok`; its
   * older sendmultisms2: `detail`, whose `result` is 0; Alibaba Cloud's BatchSendMessageToGlobe: `FailedList`. Its
   * SendBatchSms takes all or none.
   */
  async call(provider: string, action: string, params: Readonly<Record<string, unknown>> = {}): Promise<CallOutcome> {
    const request = { provider, action, params: JSON.stringify(params) };
    return (await this.#run("call", action, () => this.#operations("call").call(writeRequest(request), this.#seed()))) as CallOutcome;
  }

  /**
   * Tells how a recipient stands, for support staff; changes nothing.
   *
   * What is found is the outcome's `answer`. What can't be read as a recipient is `invalid`.
   */
  async inspect(to: string): Promise<InspectOutcome> {
    return inspected(await this.#desk("inspect", to));
  }

  /**
   * Lets what is counted about a recipient begin anew: sends, wrong tries, idempotency keys; live codes end.
   *
   * What is counted about addresses, devices, prefixes, countries and the budget stays.
   */
  async reset(to: string): Promise<DeskOutcome> {
    return (await this.#desk("reset", to)) as DeskOutcome;
  }

  /**
   * Erases what is kept about a recipient, as the law may want; the same step as `reset`.
   *
   * No other record is about one recipient.
   */
  async forget(to: string): Promise<DeskOutcome> {
    return (await this.#desk("forget", to)) as DeskOutcome;
  }

  /** Asks the store, within `storeTimeoutMs`, for two looks that change nothing: for a readiness probe. */
  async health(): Promise<Health> {
    this.#operations("health");
    const began = performance.now();
    const { ok, code } = await this.#desk("health", "").catch((error: unknown) => {
      if (error instanceof ConfigError) return { ok: false, code: error.code };
      throw error;
    });
    return { ok, code, latencyMs: performance.now() - began };
  }

  /** Tells whether a ticket is genuine, fresh, and bound to just this. A ticket is not spent: it lives a short while. */
  redeem({ ticket, to, purpose, ticketFor }: TicketRequest): boolean {
    return withErrors(() => this.#engine.redeem(`${ticket}`, `${to}`, `${purpose}`, `${ticketFor}`, this.#host.now()));
  }

  /**
   * The secret part of the path that takes delivery receipts: 22 characters of a URL.
   *
   * It follows from the secret, so it is the same on every machine. The vendors sign no push: who doesn't know this part
   * must not reach the endpoint, so keep the path out of pages and logs.
   */
  get receiptPath(): string {
    return this.#operations("receiptPath").receiptKey();
  }

  /**
   * Reads delivery receipts: the body of a push, or what a pull by `call` answered.
   *
   * `kind` is the provider's: `aliyun`, `tencent`, `tencent_legacy`. The observer hears of each. They are not signed and
   * may come twice: they are for statistics, and change no limit. Throws a `ReceiptError` for what is no list of them.
   */
  receipts(kind: string, body: string | Readonly<Record<string, unknown>>): DeliveryReceipt[] {
    const found = readReceipts(kind, typeof body === "string" ? body : JSON.stringify(body));
    for (const { status, code = "", masked, sendId } of found) {
      this.#tell({ action: "receipt", purpose: "", kind: status, code, masked, provider: kind, sendId, latencyMs: 0, rule: undefined, events: [] });
    }
    return found;
  }

  /**
   * Takes a vendor's push of receipts; returns the status and the JSON body to answer with.
   *
   * `kind` and `key` come from the path, and `key` must be `receiptPath`. 404 for another key, 400 for a body that is no
   * receipts, so that it comes again; else 200 and what the vendor expects.
   */
  answerPush(kind: string, key: string, body: string): { readonly status: 200 | 400 | 404; readonly body: string } {
    if (!this.#operations("answerPush").isReceiptKey(key)) return { status: 404, body: "{}" };
    try {
      this.receipts(kind, body);
    } catch (error) {
      if (error instanceof ReceiptError) return { status: 400, body: "{}" };
      throw error;
    }
    return { status: 200, body: whole<Operations>(core.get().core, "receiptAnswer", "answerPush").receiptAnswer(kind) };
  }

  /**
   * Returns what this process did so far, e.g. `{ send: { aliyun: { sent: 3 } } }`.
   *
   * By action (`send`, `verify`, `call`, `receipt`, `inspect` …), then by provider (empty where none was asked), then by kind of outcome or
   * status of delivery. A receipt that comes twice counts twice.
   */
  stats(): Stats {
    return this.#tally.read();
  }

  /** Tells what the policy lets an attacker do at most, and where it is weaker than the norms. */
  audit(): Audit {
    return readAudit(this.#operations("audit").audit());
  }

  #operations(call: string): EngineOperations {
    return whole<EngineOperations>(this.#engine, "audit", call);
  }

  #tell(event: Event): void {
    this.#tally.add(event);
    report(this.#observer, event);
  }

  #desk(task: "inspect" | "reset" | "forget" | "health", to: string): Promise<Outcome> {
    return this.#run(task, "", () => this.#operations(task).desk(writeRequest({ task, to })));
  }

  async #run(action: Event["action"], purpose: string, begin: () => CoreFlow): Promise<Outcome> {
    try {
      const began = performance.now();
      const outcome = await drive(begin(), this.#host);
      this.#tell(eventOf(action, purpose, outcome, performance.now() - began));
      return outcome;
    } catch (error) {
      throw readError(error);
    }
  }
}

/** Lets the observer hear what a store has to tell, with the next outcome. */
function withStoreEvents(observer: Observer | undefined, store: Store & { takeEvents?: () => string[] }): Observer | undefined {
  if (observer === undefined || store.takeEvents === undefined) return observer;
  return (event) => observer({ ...event, events: [...event.events, ...(store.takeEvents?.() ?? [])] });
}

function drawSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** Says what is wrong with a store, and what to put in its place. */
function checkStore(store: unknown): void {
  if (typeof (store as Partial<Store> | undefined)?.run === "function") return;
  if (store === undefined || store === null) {
    throw new ConfigError("config.missing", "store", "is required; `new MemoryStore()` serves one process");
  }
  const has = (method: string): boolean => typeof (store as Record<string, unknown>)[method] === "function";
  const [, instead = "must be a store: an object with `run`"] = RAW.find(([methods]) => methods.every(has)) ?? [];
  throw new ConfigError("config.type", "store", instead);
}

/** Throws a `ConfigError` for an option that is there, and whose `call` can't be called. */
function checkCall(given: unknown, call: unknown, option: string, message: string): void {
  if (given !== undefined && given !== null && typeof call !== "function") throw new ConfigError("config.type", option, message);
}

function processEnv(): Record<string, string | undefined> | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
}

/** What people hand in without its store around it, by its methods. */
const RAW: readonly (readonly [methods: readonly string[], instead: string])[] = [
  [
    ["getWithMetadata", "list"],
    "Workers KV can't count: it is eventually consistent, so two requests a minute apart may both read the old count, and " +
      "a spent code lives on elsewhere. Take `DurableObjectStore`, or `D1Store`",
  ],
  [["idFromName"], "is a Durable Object namespace; wrap it: `new DurableObjectStore(env.CODES)`"],
  [["prepare", "batch"], "is a D1 database; wrap it: `new D1Store(env.DB)`"],
  [["prepare"], "is a SQLite database; wrap it: `new SQLiteStore(database)`"],
  [["evalsha"], "is a Redis client; wrap it: `new RedisStore(client)`"],
  [["evalSha"], "is a Redis client; wrap it: `new RedisStore(client)`"],
  [["getConnection"], "is a pool of mysql2; wrap it: `new MySQLStore(pool)`"],
  [["connect", "query"], "is a pool or a client of pg; wrap it: `new PostgresStore(pool)`"],
];
