/** A rule: how many in any window, e.g. `"5/24h"`; units `s`, `m`, `h`, `d`, up to 31 days. */
export type Rule = `${number}/${number}${"s" | "m" | "h" | "d"}`;

/** A policy that stands for a kind of site. */
export type Preset = "default" | "strict" | "shared_addresses";

/** Limits and the shape of codes; what is left out is the preset's. */
export interface PolicyOptions {
  /** Where to begin; `"default"` if left out. */
  readonly preset?: Preset | undefined;
  /** Characters in a code, 4 to 8; 6. */
  readonly codeLength?: number | undefined;
  /** What codes are made of; digits. */
  readonly codeAlphabet?: "digits" | "crockford" | "upper" | undefined;
  /** Whether callers may bring codes of any shape; `false`. */
  readonly ownCodes?: boolean | undefined;
  /** How long a code is valid, in seconds, 60 to 600; 300. */
  readonly validityS?: number | undefined;
  /** How often a code may be tried, 1 to 10; 3. */
  readonly tries?: number | undefined;
  /** How long between two sends to a number, in seconds, 0 to 3600; 60. */
  readonly cooldownS?: number | undefined;
  /** Sends to a number, over all purposes; `["5/24h"]`. */
  readonly number?: readonly Rule[] | undefined;
  /** Wrong tries at a number, which gate new codes; `["10/1h", "20/24h"]`. */
  readonly wrongTries?: readonly Rule[] | undefined;
  /** Sends from an address; `["10/24h"]`. */
  readonly ip?: readonly Rule[] | undefined;
  /** Sends and checks from an address, never given back; `["30/10m"]`. */
  readonly ipAttempts?: readonly Rule[] | undefined;
  /** Sends from a device; none. */
  readonly device?: readonly Rule[] | undefined;
  /** Sends to a prefix: +86 and seven digits, elsewhere all but the last four; none. */
  readonly prefix?: readonly Rule[] | undefined;
  /** Sends to a calling code; none. */
  readonly country?: readonly Rule[] | undefined;
  /** Sends of the whole deployment; `budgetPerDay` in 24 hours. */
  readonly budget?: readonly Rule[] | undefined;
  /** How many records share the budget, so that no single one is hot, 1 to 64; 1. Each has its share of every rule. */
  readonly budgetParts?: number | undefined;
}

/** Which numbers are served. */
export interface PhoneOptions {
  /** ISO 3166-1 codes; `["CN"]`, the mainland. */
  readonly countries?: readonly string[] | undefined;
  /** What a bare number means; `"CN"` where it is listed. */
  readonly defaultCountry?: string | undefined;
  /** Classes of mainland numbers to refuse; `["iot", "satellite"]`. */
  readonly refuseClasses?: readonly ("virtual" | "data" | "iot" | "satellite")[] | undefined;
  /** Segments that nobody has been given; `"refuse"`. */
  readonly unknownSegments?: "refuse" | "accept" | undefined;
}

/** Which e-mail addresses are served, by their domains. */
export interface EmailOptions {
  /** Those that are served: `"example.com"` is that domain alone, `".edu.cn"` every domain beneath; all if left out. */
  readonly domains?: readonly string[] | undefined;
  /** Those that are refused, each with every domain beneath; a domain on both lists is refused. */
  readonly blockedDomains?: readonly string[] | undefined;
}
