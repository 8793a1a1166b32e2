import { withErrors, writeConfig, type ServiceOptions } from "./config.js";
import { core, testingCore, type CoreKind } from "./core.js";
import type { NodeRequest, NodeResponse } from "./handlers.js";
import { aliyun } from "./provider.js";
import { SEAMS, type Seams } from "./seams.js";
import { Service } from "./service.js";
import { MemoryStore } from "./stores/memory.js";
import { readHttpReply, writeCall, writeHttpFault } from "./text.js";
import { TransportFault, type HttpCall, type HttpReply, type Transport } from "./transport.js";

/** A clock that stands still until it is moved. */
export class Clock {
  /** The time, in milliseconds since 1970. */
  now: number;

  constructor(now = 1_800_000_000_000) {
    this.now = now;
  }

  /** Moves the clock by milliseconds; negative goes back. */
  move(milliseconds: number): void {
    this.now += milliseconds;
  }
}

/** A message that arrived at the sandbox. */
export interface Message {
  /** The number that it went to, in E.164. */
  readonly to: string;
  /** The code in it. */
  readonly code: string;
  /** What the phone shows. */
  readonly text: string;
  /** All that the sandbox knows of it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a provider posts to the receipts endpoint of an application. */
export interface Push {
  /** The kind of provider, e.g. `aliyun`; it stands in the endpoint's path. */
  readonly provider: string;
  /** The body's type. */
  readonly contentType: string;
  /** The body, as the provider writes it. */
  readonly body: string;
}

/**
 * A pretend provider in this process.
 *
 * ```ts
 * const sandbox = new Sandbox();
 * const service = sandbox.service();
 * await service.send({ to: "13800138000", purpose: "register", ip: "203.0.113.7" });
 * const { code } = sandbox.outbox.at(-1)!;
 * sandbox.clock.move(60_000);
 * ```
 *
 * It is a `Transport` too, for a `Service` of your own: one whose keys begin with `sandbox-` and whose `endpoint` is
 * a loopback host, e.g. `http://127.0.0.1`.
 */
export class Sandbox implements Transport {
  /** The clock of the sandbox, its services and their memory stores. */
  readonly clock: Clock;
  readonly #provider: InstanceType<ReturnType<typeof testingCore.get>["core"]["Sandbox"]>;
  readonly #seed: Uint8Array;
  readonly #onMessage: ((message: Message) => void) | undefined;
  #drawn = 0;
  #told = 0;

  /** Equal seeds (up to 28 bytes) give equal codes, run for run; `config` is the provider's own. */
  constructor({ clock = new Clock(), seed = new Uint8Array(), config = {}, onMessage }: SandboxOptions = {}) {
    this.clock = clock;
    this.#onMessage = onMessage;
    this.#seed = seed;
    this.#provider = withErrors(() => new (testingCore.get().core.Sandbox)(writeConfig(config)));
  }

  /** Makes a service that sends to this sandbox and lives by its clock and seed. */
  service(options: Partial<ServiceOptions> = {}): Service {
    return serviceWith(
      {
        providers: [aliyun(ACCOUNT)],
        secret: "only for tests: 32 bytes or more",
        store: new MemoryStore({ now: () => this.clock.now }),
        transport: this,
        env: {},
        ...options,
      },
      { now: () => this.clock.now, seed: () => this.#draw() },
    );
  }

  async send(call: HttpCall): Promise<HttpReply> {
    const text = this.#handle(call);
    const reply = readHttpReply(text);
    if (reply === undefined) throw new TransportFault(text !== writeHttpFault(false));
    if (reply.body.length > call.maxReplyBytes) throw new TransportFault(true);
    return reply;
  }

  /**
   * Makes a listener for Node's `createServer`: the provider on a socket, by this machine's clock.
   *
   * Its URL is the `endpoint` of a service, or of the vendor's own SDK.
   */
  listener(): (request: NodeRequest, response: NodeResponse) => Promise<void> {
    return async (request, response) => {
      const decoder = new TextDecoder();
      let body = "";
      try {
        for await (const chunk of request) body += decoder.decode(chunk, { stream: true });
      } catch {
        // Cut off: nobody waits for a reply.
        return void request.socket?.destroy?.();
      }
      this.clock.now = Date.now();
      const { method, url = "/", headers } = request;
      const text = this.#handle({
        method: method === "GET" ? "GET" : "POST",
        url: `http://${headers["host"]}${url}`,
        headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
        body: body + decoder.decode(),
        timeoutMs: 0,
        maxReplyBytes: 0,
      });
      const reply = readHttpReply(text);
      if (reply === undefined) return void request.socket.destroy?.();
      response.writeHead(reply.status, Object.fromEntries(reply.headers));
      response.end(reply.body);
    };
  }

  /** Lets the next `times` calls, of one vendor or of any, fail in a certain way. */
  fault(name: FaultName, times = 1, { vendor }: { readonly vendor?: "aliyun" | "tencent" | "gateway" | undefined } = {}): void {
    this.#provider.fault(name, times, vendor);
  }

  /**
   * Settles what becomes of a message; returns what its provider pushes then.
   *
   * Who asks the provider later hears the same; until it is settled, a message counts as delivered. Throws a
   * `RangeError` for a message that is not in the outbox, or of a kind that its provider pushes nothing for: codes that
   * it makes itself, texts abroad, mail, voice.
   */
  receipt(message: Message, status: "delivered" | "failed" = "delivered"): Push {
    const told = this.#provider.receipt(String(message.fields["message_id"]), message.to, status);
    if (told === undefined || told === null) throw new RangeError("the provider pushes nothing for this message");
    const { provider, content_type: contentType, body } = JSON.parse(told) as { provider: string; content_type: string; body: string };
    return { provider, contentType, body };
  }

  /** What has arrived so far, oldest first. */
  get outbox(): readonly Message[] {
    const inbox = JSON.parse(this.#provider.inbox()) as { to: string; text: string; params: { code: string } }[];
    return inbox.map((fields) => ({ to: fields.to, code: fields.params.code, text: fields.text, fields: { ...fields } }));
  }

  #handle(call: HttpCall): string {
    const text = this.#provider.handle(writeCall(call), this.clock.now);
    if (this.#onMessage !== undefined) {
      const arrived = this.outbox;
      arrived.slice(this.#told).forEach((message) => this.#onMessage?.(message));
      this.#told = arrived.length;
    }
    return text;
  }

  #draw(): Uint8Array {
    const seed = new Uint8Array(32);
    seed.set(this.#seed);
    new DataView(seed.buffer).setUint32(28, this.#drawn++);
    return seed;
  }
}

/**
 * A way for a call to fail.
 *
 * `throttle` and `unavailable`: the gateway says so, nothing is sent. `server_error`: a proxy answers 502.
 * `timeout_before`: no connection. `timeout_after`, `bad_json` and `huge`: the SMS is taken in, and the reply is lost,
 * cut off, or too large.
 */
export type FaultName = "throttle" | "unavailable" | "server_error" | "timeout_before" | "timeout_after" | "bad_json" | "huge";

/** How a sandbox is made; nothing is required. */
export interface SandboxOptions {
  readonly clock?: Clock | undefined;
  readonly seed?: Uint8Array | undefined;
  readonly config?: object | undefined;
  /** Hears of every message that arrives. */
  readonly onMessage?: ((message: Message) => void) | undefined;
}

/** Makes a service with a seed and a clock of the test's own. */
export function serviceWith(options: ServiceOptions, seams: Seams): Service {
  return new Service({ ...options, [SEAMS]: seams } as ServiceOptions);
}

/** Runs the inputs of one vector of the core; answers what comes of them. Throws where there is no such thing. */
export function runVector(input: object): Record<string, unknown> {
  return JSON.parse(testingCore.get().core.runVector(JSON.stringify(input))) as Record<string, unknown>;
}

/** Says which core is at work. */
export function about(): { readonly version: string; readonly core: CoreKind } {
  const { core: loaded, kind } = core.get();
  return { version: loaded.version(), core: kind };
}

export type { Seams };

const ACCOUNT = {
  accessKeyId: "sandbox-id",
  accessKeySecret: "sandbox-secret",
  endpoint: "http://127.0.0.1",
  signName: "示例",
  templates: { default: "SMS_1" },
};
