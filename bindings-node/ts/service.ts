import { ConfigError, pickEnv, readError, withErrors, writeConfig, type ServiceOptions } from "./config.js";
import { core, type CoreEngine, type CoreFlow } from "./core.js";
import { drive, type Host } from "./driver.js";
import type { Outcome, SendOutcome, VerifyOutcome } from "./outcome.js";
import { SEAMS, type Seams } from "./seams.js";
import { writeRequest } from "./text.js";
import { fetchTransport } from "./transport.js";

/** Whom to send a code to, and on whose behalf. */
export interface SendRequest {
  /** The number as it was typed. */
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
  /** The number as it was typed. */
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
  /** The number in E.164: the `to` of the verification. */
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

  /** Throws a `ConfigError` when an option is missing or wrong. */
  constructor(options: ServiceOptions) {
    const { store, transport, storeTimeoutMs, onStoreFault, env, ...rest } = options;
    const { [SEAMS]: seams, ...config } = rest as typeof rest & { [SEAMS]?: Seams };
    if (typeof store?.run !== "function") {
      throw new ConfigError("config.missing", "store", "is required; `new MemoryStore()` serves one process");
    }
    const { Engine, envNames } = core.get().core;
    const variables = pickEnv(envNames(), env ?? processEnv());
    this.#engine = withErrors(() => new Engine(writeConfig({ ...config, env: variables })));
    this.#host = {
      store,
      transport: transport ?? fetchTransport(),
      storeTimeoutMs: storeTimeoutMs ?? 1000,
      onStoreFault,
      now: seams?.now ?? Date.now,
    };
    this.#seed = seams?.seed ?? drawSeed;
  }

  /** Sends a code; test `ok` of what it answers. Rejects only for a bug (`DriveError`). */
  async send(request: SendRequest): Promise<SendOutcome> {
    return (await this.#run(() => this.#engine.send(writeRequest(request), this.#seed()))) as SendOutcome;
  }

  /** Checks a code and spends it if it is right; test `ok` of what it answers. Rejects only for a bug (`DriveError`). */
  async verify(request: VerifyRequest): Promise<VerifyOutcome> {
    return (await this.#run(() => this.#engine.verify(writeRequest(request), this.#seed()))) as VerifyOutcome;
  }

  /** Tells whether a ticket is genuine, fresh, and bound to just this. A ticket is not spent: it lives a short while. */
  redeem({ ticket, to, purpose, ticketFor }: TicketRequest): boolean {
    return withErrors(() => this.#engine.redeem(`${ticket}`, `${to}`, `${purpose}`, `${ticketFor}`, this.#host.now()));
  }

  async #run(begin: () => CoreFlow): Promise<Outcome> {
    try {
      return await drive(begin(), this.#host);
    } catch (error) {
      throw readError(error);
    }
  }
}

function drawSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

function processEnv(): Record<string, string | undefined> | undefined {
  return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
}
