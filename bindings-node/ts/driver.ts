import { ConfigError } from "./config.js";
import type { CoreFlow } from "./core.js";
import type { Keys } from "./credentials.js";
import { hear } from "./observer.js";
import type { Outcome } from "./outcome.js";
import type { Store, StoreOp } from "./store.js";
import { readStep, STORE_FAULT, writeCredentials, writeHttpFault, writeHttpReply, writeStoreReply, type Step } from "./text.js";
import { TransportFault, type HttpCall, type Transport } from "./transport.js";

/** What a flow is driven with. */
export interface Host {
  readonly store: Store;
  readonly transport: Transport;
  readonly keys: Keys;
  /** The time for all store steps of one flow together, in milliseconds. */
  readonly storeTimeoutMs: number;
  readonly onStoreFault: ((fault: unknown) => void) | undefined;
  readonly now: () => number;
}

/** Takes a flow through its steps to its end. */
export async function drive(flow: CoreFlow, host: Host): Promise<Outcome> {
  let patienceMs = host.storeTimeoutMs;
  try {
    let step = readStep(flow.start(host.now()));
    while (step.kind !== "done") {
      const began = performance.now();
      const reply = await answer(host, step, patienceMs * STEP_SHARE);
      if (step.kind === "store") patienceMs -= performance.now() - began;
      step = readStep(flow.resume(step.id, reply, host.now()));
    }
    return step.outcome;
  } finally {
    flow.free();
  }
}

/** What a store step may use of the time that is left: one that gets no lock leaves some for giving back what was taken. */
const STEP_SHARE = 0.9;

async function answer(host: Host, step: Exclude<Step, { kind: "done" }>, patienceMs: number): Promise<string> {
  switch (step.kind) {
    case "http":
      return exchange(host, step.call);
    case "store":
      return consult(host, step.ops, patienceMs);
    case "credentials":
      return writeCredentials(await host.keys.fetch(step.provider));
  }
}

async function exchange({ transport }: Host, call: HttpCall): Promise<string> {
  try {
    return writeHttpReply(await transport.send(call));
  } catch (fault) {
    return writeHttpFault(!(fault instanceof TransportFault) || fault.sent);
  }
}

async function consult({ store, onStoreFault }: Host, ops: readonly StoreOp[], patienceMs: number): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the store took too long")), Math.max(0, patienceMs));
  });
  try {
    return writeStoreReply(await Promise.race([store.run(ops, patienceMs), late]));
  } catch (fault) {
    // A store that can't be used as it is set up.
    if (fault instanceof ConfigError) throw fault;
    hear("onStoreFault", onStoreFault, fault);
    return STORE_FAULT;
  } finally {
    clearTimeout(timer);
  }
}
