import { ConfigError } from "./config.js";

/** A provider's key. */
export interface Credentials {
  /** The key's id, e.g. an AccessKey id or a SecretId; of a gateway, the app key. */
  readonly id: string;
  /** The key's secret. */
  readonly secret: string;
  /** The token of a temporary key. */
  readonly token?: string | undefined;
}

/** Returns a key; it is called at each use, so what it caches is for it to decide. Later than 5 s is no answer. */
export type CredentialsFetch = () => Credentials | Promise<Credentials>;

/**
 * The callables of a service's providers, by the providers' names.
 *
 * @internal
 */
export class Keys {
  readonly #given = new Map<string, Credentials | CredentialsFetch>();

  /** Takes `credentials` out of providers' options, and returns what the core is told in their stead. */
  take(providers: unknown): unknown {
    // What is of another shape is the core's to refuse.
    if (!Array.isArray(providers)) return providers;
    return providers.map((entry: unknown, at) => {
      const [[kind, options] = ["", undefined], ...more] = isObject(entry) ? Object.entries(entry) : [];
      if (more.length > 0 || !isObject(options) || options["credentials"] === undefined || options["credentials"] === null) return entry;
      this.#add(`providers[${at}].${kind}`, `${options["name"] ?? snake(kind)}`, options["credentials"]);
      return { [kind]: { ...options, credentials: "host" } };
    });
  }

  /** Asks for a provider's key; nothing when it can't be had, or not in time. */
  async fetch(provider: string): Promise<Credentials | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new TimeoutError()), TIMEOUT_MS);
    });
    try {
      const given = this.#given.get(provider);
      const key: unknown = await Promise.race([typeof given === "function" ? given() : given, late]);
      if (!isKey(key)) throw new TypeError();
      return key;
    } catch (error) {
      // No more than its class: the text may hold a key.
      console.warn(`sansms: the credentials of ${provider} threw ${error instanceof Error ? error.constructor.name : typeof error}`);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #add(path: string, name: string, given: unknown): void {
    if (typeof given !== "function" && !isKey(given)) {
      throw new ConfigError("config.type", `${path}.credentials`, "must be a function that returns { id, secret, token }, or that object");
    }
    const parts = typeof given === "function" ? [] : [given.id, given.secret, given.token ?? "-"];
    if (parts.some((part) => part === "" || part !== part.trim())) {
      throw new ConfigError("config.value", `${path}.credentials`, "must not be empty, nor begin or end with white space");
    }
    if (parts.some((part) => /[^\0-\x7f]/.test(part))) throw new ConfigError("config.value", `${path}.credentials`, "must be ASCII");
    if ((this.#given.get(name) ?? given) !== given) {
      throw new ConfigError("config.value", `${path}.name`, "must not be that of another provider with `credentials`");
    }
    this.#given.set(name, given as Credentials | CredentialsFetch);
  }
}

class TimeoutError extends Error {}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isKey(value: unknown): value is Credentials {
  if (!isObject(value)) return false;
  const { id, secret, token } = value;
  return typeof id === "string" && typeof secret === "string" && (token === undefined || token === null || typeof token === "string");
}

/** The core's name of a kind, which a provider without a name of its own goes by. */
function snake(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const TIMEOUT_MS = 5000;
