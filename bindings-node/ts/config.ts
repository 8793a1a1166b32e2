import type { Observer } from "./observer.js";
import type { EmailOptions, PhoneOptions, PolicyOptions, Preset } from "./policy.js";
import type { Provider } from "./provider.js";
import type { Store } from "./store.js";
import type { Transport } from "./transport.js";

/** What a service is made of. */
export interface ServiceOptions {
  /** The providers, in the order in which they are tried; made by `aliyun`, `tencent` and `gateway`. */
  readonly providers: readonly Provider[];
  /** Where limits and codes are kept. */
  readonly store: Store;
  /** At least 32 bytes that nobody else knows; the environment's `SANSMS_SECRET` if left out. */
  readonly secret?: string | undefined;
  /** In place of `secret`, for rotation: what names records in the store, and stays the same. */
  readonly index?: string | undefined;
  /** In place of `secret`, for rotation: what makes codes; the current one first, at least 32 bytes each; up to four. */
  readonly peppers?: readonly string[] | undefined;
  /** Keeps deployments that share a store apart; 1 to 32 characters of `a-z A-Z 0-9 _ . -`. */
  readonly namespace?: string | undefined;
  /** The most messages in 24 hours, for the whole deployment. */
  readonly budgetPerDay?: number | undefined;
  /** Whether `send` and `verify` must be told the client's address; `"required"` if left out. */
  readonly ip?: "required" | "off" | undefined;
  /** Whether a code is bound to a session (ASVS 5.0, 6.6.2); with `"challenge"`, `send` makes a token for it. */
  readonly session?: "optional" | "required" | "challenge" | undefined;
  /** Limits and the shape of codes, where the defaults don't fit. */
  readonly policy?: Preset | PolicyOptions | undefined;
  /** Which numbers are served; the mainland's if left out. */
  readonly phone?: PhoneOptions | undefined;
  /** Which e-mail addresses are served; all if left out. */
  readonly email?: EmailOptions | undefined;
  /** What takes requests to the providers; the runtime's `fetch` if left out. */
  readonly transport?: Transport | undefined;
  /** How long the store may take, over all steps of one call, in milliseconds; 1000 if left out. */
  readonly storeTimeoutMs?: number | undefined;
  /** Where options are looked up that are not given: the process's environment, or `{}` for nowhere. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Hears what a store threw, of which the outcome says only that it did; what it throws itself never reaches the caller. */
  readonly onStoreFault?: ((fault: unknown) => void) | undefined;
  /** Hears of every outcome and delivery receipt; what it throws never reaches the caller. */
  readonly observer?: Observer | undefined;
}

/** An option is missing or wrong; thrown by constructors. Nothing to retry: mend the configuration. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** A stable dotted code: `config.missing`, `config.type`, `config.value` or `config.unknown`. */
  readonly code: string;
  /** The option's path, e.g. `providers[0].aliyun.signName`. */
  readonly option: string;
  /** The environment variable that is read for this option, where there is one. */
  readonly env: string | undefined;

  constructor(code: string, option: string, message: string, env?: string) {
    super(`${option}: ${message}${env === undefined ? "" : ` (environment variable ${env})`}`);
    this.code = code;
    this.option = option;
    this.env = env;
  }
}

/** The driver called the core wrongly: a bug, in this package or in a store. */
export class DriveError extends Error {
  override readonly name = "DriveError";
  /** A stable dotted code, e.g. `drive.wrong_kind`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Writes options as the core's JSON; throws a `ConfigError` for what JSON would leave out, or turn into nothing. */
export function writeConfig(options: object): string {
  return JSON.stringify(snakeKeys(options, ""));
}

/** Throws a `ConfigError` for what is no time to wait; nothing stands for the default. */
export function checkMs(value: unknown, option: string): void {
  if (value === undefined || value === null) return;
  if (typeof value !== "number") throw new ConfigError("config.type", option, "must be a number of milliseconds");
  if (!(value > 0 && value <= MOST_MS)) throw new ConfigError("config.value", option, `must be above 0, and at most ${MOST_MS}`);
}

/** Picks the variables of these names that are there. */
export function pickEnv(names: readonly string[], from: Readonly<Record<string, string | undefined>> | undefined): object {
  return Object.fromEntries(names.map((name) => [name, from?.[name]]));
}

/** Runs `work` and turns what the core threw into an error of a class. */
export function withErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw readError(error);
  }
}

/** Reads `config.…|option|message|variable` and `drive.…|message`; anything else stays as it is. */
export function readError(error: unknown): unknown {
  const [code = "", ...rest] = error instanceof Error ? error.message.split("|") : [];
  if (code.startsWith("drive.")) return new DriveError(code, rest.join("|"));
  if (!code.startsWith("config.")) return error;
  const option = rest.shift() ?? "";
  const env = rest.pop() || undefined;
  const message = rest.join("|");
  // Only this one lists options; other messages may quote values, which stay as they are.
  return new ConfigError(code, camelPath(option), code === "config.unknown" ? camelWords(message) : message, env);
}

/** Turns the keys of objects into snake_case, however deep, but for those within what is the caller's `own`. */
function snakeKeys(value: unknown, path: string, own = false): unknown {
  if (Array.isArray(value)) return value.map((inner, at) => snakeKeys(inner, `${path}[${at}]`, own));
  if (typeof value !== "object" || value === null) return plain(value, path);
  const at = path === "" ? "" : `${path}.`;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [own ? key : snake(key), snakeKeys(inner, at + key, own || OWN_KEYS.has(key))]),
  );
}

/** Returns what JSON can say; throws a `ConfigError` that names the rest, and never shows it. */
function plain(value: unknown, path: string): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new ConfigError("config.value", path, "must be a finite number");
  if (NOT_JSON.has(typeof value)) throw new ConfigError("config.type", path, `must be a text, a number, a list or an object, not a ${typeof value}`);
  return value;
}

function camelPath(path: string): string {
  const [head = "", ...own] = path.split(/(?<=\.(?:templates|template_params|headers|body|classes))\./);
  return [camelWords(head), ...own].join(".");
}

/** Turns `snake_case` words into camelCase; variables of the environment are in capitals and stay. */
function camelWords(text: string): string {
  return text.replace(/(?<![A-Za-z_])[a-z][a-z0-9]*(?:_[a-z0-9]+)+/g, (word) =>
    word.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The longest time that a timer takes. */
const MOST_MS = 2_147_483_647;
const NOT_JSON: ReadonlySet<string> = new Set(["bigint", "function", "symbol"]);
const OWN_KEYS = new Set(["templates", "templateParams", "headers", "body", "classes", "env"]);
