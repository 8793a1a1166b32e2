/** The add-on's functions as the classes that the wasm has. */
import type { CoreEngine, CoreFlow, CoreMemoryStore, EngineOperations, TestingCore } from "./core.js";

/** What the add-on exports; a handle is opaque, and a flow goes by a number. */
export interface Native extends Omit<TestingCore, "Engine" | "MemoryStore"> {
  configure(config: string): Handle;
  startSend: Start;
  startVerify: Start;
  startCall: Start;
  startDesk: Start;
  resume(engine: Handle, flow: number, id: number, reply: string, now: number): string;
  forget(engine: Handle, flow: number): void;
  redeem(engine: Handle, ticket: string, to: string, purpose: string, bound: string, now: number): boolean;
  receiptKey(engine: Handle): string;
  isReceiptKey(engine: Handle, given: string): boolean;
  audit(engine: Handle): string;
  memory(): Handle;
  run(memory: Handle, key: string, op: string, now: number): string;
}

type Handle = { readonly handle: unique symbol };
type Start = (engine: Handle, flow: number, request: string, seed: Uint8Array, now: number) => string;

/** The desk draws nothing. */
const NO_SEED = new Uint8Array(0);

/** Puts the add-on into the form of every core. */
export function fromNative(native: Native): TestingCore {
  let flows = 0;

  class Engine implements CoreEngine, EngineOperations {
    readonly #handle: Handle;

    constructor(config: string) {
      this.#handle = native.configure(config);
    }

    send(request: string, seed: Uint8Array): CoreFlow {
      return new Flow(this.#handle, native.startSend, request, seed);
    }

    verify(request: string, seed: Uint8Array): CoreFlow {
      return new Flow(this.#handle, native.startVerify, request, seed);
    }

    call(request: string, seed: Uint8Array): CoreFlow {
      return new Flow(this.#handle, native.startCall, request, seed);
    }

    desk(request: string): CoreFlow {
      return new Flow(this.#handle, native.startDesk, request, NO_SEED);
    }

    redeem(ticket: string, to: string, purpose: string, bound: string, now: number): boolean {
      return native.redeem(this.#handle, ticket, to, purpose, bound, now);
    }

    receiptKey(): string {
      return native.receiptKey(this.#handle);
    }

    isReceiptKey(given: string): boolean {
      return native.isReceiptKey(this.#handle, given);
    }

    audit(): string {
      return native.audit(this.#handle);
    }
  }

  class Flow implements CoreFlow {
    readonly #number = (flows = (flows + 1) >>> 0);

    constructor(
      readonly engine: Handle,
      readonly begin: Start,
      readonly request: string,
      readonly seed: Uint8Array,
    ) {}

    start(now: number): string {
      return this.begin(this.engine, this.#number, this.request, this.seed, now);
    }

    resume(id: number, reply: string, now: number): string {
      return native.resume(this.engine, this.#number, id, reply, now);
    }

    free(): void {
      native.forget(this.engine, this.#number);
    }
  }

  class MemoryStore implements CoreMemoryStore {
    readonly #handle = native.memory();

    run(key: string, op: string, now: number): string {
      return native.run(this.#handle, key, op, now);
    }
  }

  const { Sandbox, apply, clientIp, envNames, isPurpose, readReceipts, receiptAnswer, runVector, version } = native;
  return { Engine, MemoryStore, Sandbox, apply, clientIp, envNames, isPurpose, readReceipts, receiptAnswer, runVector, version };
}
