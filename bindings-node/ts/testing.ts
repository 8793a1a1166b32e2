import { withErrors, writeConfig, type ServiceOptions } from "./config.js";
import { core, testingCore, type CoreKind } from "./core.js";
import { SEAMS, type Seams } from "./seams.js";
import { Service } from "./service.js";
import { readHttpReply, writeCall } from "./text.js";
import { TransportFault, type HttpCall, type HttpReply, type Transport } from "./transport.js";

/** A message that arrived at the sandbox. */
export interface SandboxMessage {
  /** The number it went to. */
  readonly to: string;
  /** The text as the person reads it. */
  readonly text?: string;
  /** The code in it, where it has one. */
  readonly code?: string;
  readonly [more: string]: unknown;
}

/**
 * Pretends to be the providers, inside this process.
 *
 * Give it to a `Service` as its `transport`; the provider's keys have to begin with `sandbox-`.
 */
export class Sandbox implements Transport {
  readonly #sandbox: InstanceType<ReturnType<typeof testingCore.get>["core"]["Sandbox"]>;
  readonly #now: () => number;

  /** `options` are the sandbox's own; `now` is its clock, the host's unless given. */
  constructor(options: Readonly<Record<string, unknown>> & { now?: () => number } = {}) {
    const { now = Date.now, ...config } = options;
    this.#now = now;
    this.#sandbox = withErrors(() => new (testingCore.get().core.Sandbox)(writeConfig(config, {})));
  }

  async send(call: HttpCall): Promise<HttpReply> {
    const reply = readHttpReply(this.#sandbox.handle(writeCall(call), this.#now()));
    if (reply === undefined) throw new TransportFault(true);
    return reply;
  }

  /** What has arrived so far, oldest first. */
  get outbox(): readonly SandboxMessage[] {
    return JSON.parse(this.#sandbox.inbox()) as SandboxMessage[];
  }
}

/** Makes a service with a seed and a clock of the test's own. */
export function serviceWith(options: ServiceOptions, seams: Seams): Service {
  return new Service({ ...options, [SEAMS]: seams } as ServiceOptions);
}

/** Signs the inputs of one vector; answers the signature and its stages. Throws where there is no such signer. */
export function signVector(input: object): Record<string, unknown> {
  return JSON.parse(testingCore.get().core.signVector(JSON.stringify(input))) as Record<string, unknown>;
}

/** Says which core is at work. */
export function about(): { readonly version: string; readonly core: CoreKind } {
  const { core: loaded, kind } = core.get();
  return { version: loaded.version(), core: kind };
}

export type { Seams };
