import { ConfigError } from "./config.js";

/** The compiled core as every loader hands it over: the add-on on Node, wasm elsewhere. */
export interface Core {
  Engine: new (config: string) => CoreEngine;
  /** The add-on has one of its own; elsewhere a map around `apply` does. */
  MemoryStore?: new () => CoreMemoryStore;
  apply(record: Uint8Array | undefined, op: string, now: number): { record?: Uint8Array; ttlMs: number; reply: string };
  /** The client's address, from who is connected and what our proxies wrote; empty when it can't be read. */
  clientIp(peer: string | undefined, forwarded: string, proxies: number): string | null | undefined;
  /** Whether a text can name a purpose, or an action. */
  isPurpose(text: string): boolean;
  envNames(): string[];
  version(): string;
}

/** What a core has for operators, and the smaller builds leave out. */
export interface Operations {
  /** Receipts as JSON; nothing for what is no list of them. */
  readReceipts(kind: string, body: string): string | null | undefined;
  receiptAnswer(kind: string): string;
}

/** What the core has for tests, besides. */
export interface TestingCore extends Core, Operations {
  Sandbox: new (config: string) => CoreSandbox;
  runVector(input: string): string;
}

export interface CoreSandbox {
  handle(call: string, now: number): string;
  receipt(messageId: string, to: string, status: string): string | null | undefined;
  inbox(): string;
  fault(name: string, times: number, vendor: string | undefined): void;
}

export interface CoreEngine {
  send(request: string, seed: Uint8Array): CoreFlow;
  verify(request: string, seed: Uint8Array): CoreFlow;
  redeem(ticket: string, to: string, purpose: string, bound: string, now: number): boolean;
}

/** What an engine does for operators, and the smaller builds leave out. */
export interface EngineOperations {
  call(request: string, seed: Uint8Array): CoreFlow;
  desk(request: string): CoreFlow;
  receiptKey(): string;
  isReceiptKey(given: string): boolean;
  audit(): string;
}

export interface CoreFlow {
  start(now: number): string;
  resume(id: number, reply: string, now: number): string;
  /** Ends the flow and gives its memory back. */
  free(): void;
}

export interface CoreMemoryStore {
  run(key: string, op: string, now: number): string;
}

/** How a core came to be here. */
export type CoreKind = "native" | "wasm";

/** A place that the entry of a runtime fills, and that loads at the first use. */
export class Slot<T extends Core> {
  #load: (() => { core: T; kind: CoreKind }) | undefined;
  #loaded: { core: T; kind: CoreKind } | undefined;

  provide(load: () => { core: T; kind: CoreKind }): void {
    this.#load ??= load;
  }

  get(): { core: T; kind: CoreKind } {
    if (this.#loaded === undefined) {
      if (this.#load === undefined) throw new Error("sansms: no core was loaded; import it as \"sansms\"");
      this.#loaded = this.#load();
    }
    return this.#loaded;
  }
}

/**
 * Returns `part` with the methods that smaller builds leave out; throws a `ConfigError` where they did.
 *
 * `has` is one of the methods, `call` what the application asked for.
 */
export function whole<T extends object>(part: object, has: keyof T & string, call: string): T {
  if (typeof (part as Partial<T>)[has] === "function") return part as T;
  throw new ConfigError("config.value", call, 'is left out of this build; import from "sansms/full"');
}

export const core = new Slot<Core>();
export const testingCore = new Slot<TestingCore>();
