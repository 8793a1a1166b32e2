import { ConfigError } from "./config.js";
import { core } from "./core.js";

/** Where a request came from. */
export interface RequestOrigin {
  /** The address at the other end of the connection, e.g. Node's `request.socket.remoteAddress`. */
  readonly peer?: string | undefined;
  /** `X-Forwarded-For`: all its lines, or one text with the lines joined by commas. */
  readonly forwarded?: string | readonly string[] | null | undefined;
  /** How many proxies of yours stand in front, 0 to 16; 0 if left out. */
  readonly trustedProxies?: number | undefined;
}

/**
 * Returns the client's address, as the outermost of your proxies saw it.
 *
 * Each proxy adds the address that called it at the right end of `X-Forwarded-For`; what stands further left is
 * whatever the client wrote. With fewer addresses than proxies the header proves nothing, and the address is the peer's.
 *
 * A port is dropped, and IPv4 within IPv6 is IPv4. An address that can't be read is an empty text, which `send` and
 * `verify` refuse as `input.ip`; `undefined` says that there is none at all, as behind a unix socket. Throws
 * `ConfigError` for another `trustedProxies`.
 */
export function clientIp({ peer, forwarded, trustedProxies = 0 }: RequestOrigin): string | undefined {
  if (!isProxyCount(trustedProxies)) {
    throw new ConfigError("config.value", "trustedProxies", `must be a whole number from 0 to ${MOST_PROXIES}`);
  }
  const lines = typeof forwarded === "object" && forwarded !== null ? forwarded.join(",") : forwarded;
  return core.get().core.clientIp(peer, lines ?? "", trustedProxies) ?? undefined;
}

/** Tells whether this may be a number of proxies. */
export function isProxyCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MOST_PROXIES;
}

const MOST_PROXIES = 16;
