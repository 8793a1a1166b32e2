/** What a policy lets an attacker do at most, in any 24 hours unless said otherwise. */
export interface Audit {
  /** What was taken for granted. */
  readonly assumptions: { readonly addresses: number; readonly users: number; readonly price: number | null };
  /** What can happen at most; `null` where nothing limits it. */
  readonly figures: {
    /** Codes there are to guess among. */
    readonly codes: number;
    /** The same in hundredths of a bit. */
    readonly centibits: number;
    readonly sendsToNumber: number | null;
    readonly guessesAtNumber: number | null;
    /** The chance that a number's code is guessed. */
    readonly numberFalls: AuditChance;
    readonly guessesAtAny: number | null;
    /** The chance that any number's code is guessed. */
    readonly anyFalls: AuditChance;
    /** Messages sent: the largest bill. */
    readonly messages: number | null;
    readonly cost: number | null;
    readonly messagesToPrefix: number | null;
    readonly messagesToCountry: number | null;
    /** Addresses that together can spend the budget, and so shut everybody out. */
    readonly addressesToSpendBudget: number | null;
    readonly servedInTenMinutes: number | null;
    readonly shutOutInTenMinutes: number;
    readonly servedInDay: number | null;
    readonly shutOutInDay: number;
  };
  /** Where the policy is weaker than the norms. */
  readonly warnings: readonly AuditWarning[];
}

/** A chance of `guesses` in `codes`. */
export interface AuditChance {
  readonly guesses: number;
  readonly codes: number;
}

/** A weakness, and the norm that asks for more. */
export interface AuditWarning {
  /** A stable dotted code, e.g. `audit.session_optional`. */
  readonly code: string;
  readonly text: string;
  readonly requirement: string;
}

/**
 * Reads the core's JSON, whose names are in snake_case.
 *
 * @internal
 */
export function readAudit(json: string): Audit {
  return camelKeys(JSON.parse(json)) as Audit;
}

/**
 * Gives the members of plain data camelCase names, at every depth.
 *
 * @internal
 */
export function camelKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(camelKeys);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), camelKeys(inner)]));
}
