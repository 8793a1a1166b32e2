import { ADVICE, ERRORS } from "./explain-data.js";

/** What one code of one of a provider's interfaces means. */
export interface Explanation {
  /** Whose code it is, e.g. `aliyun`. */
  readonly provider: string;
  /** Which of the provider's interfaces answers with it. */
  readonly api: string;
  /** The code, as the provider writes it. */
  readonly code: string;
  /** What it means, in Chinese. */
  readonly meaningZh: string;
  /** What it means, in English. */
  readonly meaningEn: string;
  /** How a send takes it: `Rejected`, `Account`, `Throttled`, `Unavailable`, `Ambiguous`; empty if it can't come. */
  readonly handling: string;
  /** What to do, in Chinese. */
  readonly adviceZh: string;
  /** What to do, in English. */
  readonly adviceEn: string;
}

/**
 * Explains a provider's code, e.g. `isv.BUSINESS_LIMIT_CONTROL`; empty if it is not known.
 *
 * Several interfaces may use one code, so there may be several. Case does not matter. Of a code that is not known the
 * longest known part before a dot is taken, as the providers nest them.
 */
export function explain(code: string): Explanation[] {
  const wanted = code.trim().toLowerCase();
  const known = ERRORS.filter(({ code }) => wanted === code.toLowerCase() || wanted.startsWith(`${code.toLowerCase()}.`));
  const longest = Math.max(0, ...known.map(({ code }) => code.length));
  return known.filter(({ code }) => code.length === longest).map(explanation);
}

function explanation({ provider, api, code, meaningZh, meaningEn, category, handling, retryAfterS }: (typeof ERRORS)[number]): Explanation {
  const { zh = "", en = "" } = ADVICE[category] ?? {};
  return {
    provider,
    api,
    code,
    meaningZh,
    meaningEn,
    handling,
    adviceZh: retryAfterS > 0 ? `${zh}${retryAfterS} 秒后再试。` : zh,
    adviceEn: retryAfterS > 0 ? `${en} Wait ${retryAfterS} s.` : en,
  };
}
