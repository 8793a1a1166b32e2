import { RECORDED, type Step } from "./recorded-data.js";
import { MemoryStore } from "./stores/memory.js";
import type { Store } from "./store.js";

/** A clock that a store lives by and that the suite may move: `Clock` of `sansms/testing` is one. */
export interface MovableClock {
  readonly now: number;
  move(milliseconds: number): void;
}

/**
 * One thing that a store must do.
 *
 * ```ts
 * import { cases } from "sansms/testing/conformance";
 * for (const { name, run } of cases) test(name, () => run(new MyStore()));
 * ```
 *
 * Each case uses keys of its own, so one store may serve them all.
 */
export interface Case {
  readonly name: string;
  /** Checks a store, and with its clock exactly and quickly; rejects with what was asked, answered, and wanted. */
  readonly run: (store: Store, clock?: MovableClock) => Promise<void>;
}

/** How far durations may lie apart when the store has a clock of its own, in milliseconds. */
export const slackMs = 5_000;

const TIMEOUT_MS = 5_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A store under test, with keys that nobody else uses. */
class Bench {
  readonly slackMs: number;
  readonly #space = hex(Math.floor(Math.random() * 2 ** 48), 16);

  constructor(
    readonly store: Store,
    readonly clock: MovableClock | undefined,
  ) {
    this.slackMs = clock === undefined ? slackMs : 0;
  }

  key(name: number | string = "a"): string {
    return `sansms:1:conformance:${this.#space}:${name}`;
  }

  /** The key for a name; one that is as long as a key may be stays so. */
  longKey(name: string): string {
    const key = this.key(name);
    return key.length <= 128 ? key : this.#space + name.slice(this.#space.length);
  }

  async ask(op: string, name: number | string = "a"): Promise<string> {
    return this.askAt(this.key(name), op);
  }

  async askAt(key: string, op: string): Promise<string> {
    const [reply] = await this.store.run([{ key, op }], TIMEOUT_MS);
    if (reply === undefined) throw new Error(`\`${op}\` failed`);
    return reply;
  }

  async expect(op: string, wanted: string, name: number | string = "a"): Promise<void> {
    const got = await this.ask(op, name);
    check(same(got, wanted, this.slackMs), `\`${op}\` was answered \`${got}\`, not \`${wanted}\``);
  }

  async expectWord(op: string, words: string, why: string, name: number | string = "a"): Promise<void> {
    const got = await this.ask(op, name);
    check(got.startsWith(words), `${why}: \`${op}\` was answered \`${got}\``);
  }

  async wait(milliseconds: number): Promise<void> {
    if (this.clock !== undefined) this.clock.move(milliseconds);
    else await new Promise((resolve) => setTimeout(resolve, milliseconds + 20));
  }

  /** Runs operations at once; counts the first words of the replies. */
  async race(amount: number, op: (at: number) => string): Promise<Record<string, number>> {
    const words: Record<string, number> = {};
    const replies = await Promise.all(Array.from({ length: amount }, (_, at) => this.store.run([{ key: this.key(), op: op(at) }], TIMEOUT_MS)));
    for (const [reply = "failed"] of replies) {
      // A store that nothing can be held in may say that it is busy, and then nothing happened.
      const word = reply === "refused busy" ? "busy" : (reply.split(" ")[0] ?? "");
      words[word] = (words[word] ?? 0) + 1;
    }
    return words;
  }
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** Compares replies: words and counts exactly, durations within the slack. */
function same(got: string, wanted: string, slack: number): boolean {
  if (got === wanted) return true;
  const [ours, theirs] = [got.split(" "), wanted.split(" ")];
  if (slack === 0 || ours.length !== theirs.length || ours[0] !== theirs[0]) return false;
  const loose = LOOSE[ours[0] ?? ""] ?? [];
  return ours.every((one, at) => {
    const other = theirs[at] ?? "";
    if (loose.includes(at)) return near(one, other, slack);
    if (!/^(?:slot|bin)=/.test(one)) return one === other;
    const [cut, otherCut] = [one.lastIndexOf(":"), other.lastIndexOf(":")];
    return one.slice(0, cut) === other.slice(0, otherCut) && near(one.slice(cut + 1), other.slice(otherCut + 1), one.startsWith("slot") ? slack : 1);
  });
}

function near(one: string, other: string, slack: number): boolean {
  return /^\d+$/.test(one) && /^\d+$/.test(other) && Math.abs(Number(one) - Number(other)) <= slack;
}

/** Which words of a reply are durations. */
const LOOSE: Readonly<Record<string, readonly number[]>> = { granted: [1], denied: [2], replayed: [1, 2], full: [1], wrong: [2], locked: [1] };

// What is asked for: leases, rules, slots and proofs in the core's text form.

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}

function reserve(lease: number, ...words: string[]): string {
  return ["reserve", hex(lease, 16), ...words].join(" ");
}

function release(lease: number, level: number, ...words: string[]): string {
  return ["release", hex(lease, 16), level, ...words].join(" ");
}

function guess(attempt: number, proof: number, { tag = 1, kid = 1 } = {}): string {
  return `check ${hex(attempt, 8)} ${hex(tag, 16)} 3:${HOUR_MS}:4 ${hex(kid, 8)}:${hex(proof, 32)}`;
}

function slot({ nonce = 7, proof = 9, tag = 1, validityMs = 300_000, tries = 3 } = {}): string {
  return `slot=${hex(tag, 16)}:${hex(nonce, 32)}:${hex(proof, 32)}:${validityMs}:600000:120000:${tries}:2:${hex(1, 8)}`;
}

function log(limit: number, { windowMs = HOUR_MS, series = 1, charge = "f" } = {}): string {
  return `${series}:l:${limit}:${windowMs}:${charge}`;
}

function bins(limit: number): string {
  return `16:b:${limit}:${DAY_MS}:s`;
}

const FORMS = { log, bins };
type Form = keyof typeof FORMS;

// The cases.

type Check = (bench: Bench) => Promise<void>;

function admitsExactly(limit: number, form: Form): Check {
  return async (bench) => {
    const words: string[] = [];
    for (let lease = 1; lease <= limit + 3; lease++) words.push((await bench.ask(reserve(lease, FORMS[form](limit)))).split(" ")[0] ?? "");
    const wanted = [...Array<string>(limit).fill("granted"), ...Array<string>(3).fill("denied")];
    check(words.join() === wanted.join(), `a limit of ${limit} gave ${words.join()}`);
  };
}

function windowEnds(windowMs: number): Check {
  return async (bench) => {
    const rule = log(1, { windowMs });
    await bench.expect(reserve(1, rule), `granted ${windowMs}`);
    await bench.expectWord(reserve(2, rule), "denied 0 ", "the window is open");
    await bench.wait(windowMs);
    await bench.expect(reserve(3, rule), `granted ${windowMs}`);
  };
}

const recordsOutliveTheirWindows: Check = async (bench) => {
  const rules = [log(1, { windowMs: 300 }), log(2, { series: 2 })];
  await bench.expect(reserve(1, ...rules), "granted 300");
  await bench.wait(400);
  await bench.expectWord(reserve(2, ...rules), "granted", "the short window has passed");
  await bench.wait(400);
  await bench.expectWord(reserve(3, ...rules), "denied 1 ", "the long window was forgotten with the short one");
};

const timeToLiveIsNotShortened: Check = async (bench) => {
  await bench.expect(reserve(1, log(1, { series: 2 })), `granted ${HOUR_MS}`);
  await bench.ask(reserve(2, log(1, { windowMs: 300 })));
  await bench.wait(600);
  await bench.expectWord(reserve(3, log(1, { series: 2 })), "denied", "a short entry took the long one along");
};

function lostReply(form: Form): Check {
  return async (bench) => {
    const rule = FORMS[form](2);
    const first = await bench.ask(reserve(1, rule));
    const again = await bench.ask(reserve(1, rule));
    check(same(again, first, Math.max(bench.slackMs, 1)), `the same lease was answered \`${first}\`, then \`${again}\``);
    await bench.expectWord(reserve(2, rule), "granted", "a lease asked twice was charged twice");
    await bench.expectWord(reserve(3, rule), "denied", "a lease was not charged");
  };
}

function lostReplyOfAGuess(right: boolean): Check {
  return async (bench) => {
    await bench.ask(reserve(1, log(5), slot({ tries: 2 })));
    const asked = guess(1, right ? 9 : 8);
    const first = await bench.ask(asked);
    check(first.startsWith(right ? "matched" : "wrong 1 "), first);
    const again = await bench.ask(asked);
    check(same(again, first, Math.max(bench.slackMs, 1)), `the same attempt was answered \`${first}\`, then \`${again}\``);
    if (!right) await bench.expectWord(guess(2, 8), "wrong 0 ", "a try asked twice was counted twice");
  };
}

function releaseGivesBack(form: Form, level: number): Check {
  return async (bench) => {
    const rule = form === "log" ? log(1, { charge: "s" }) : bins(1);
    const reply = await bench.ask(reserve(1, rule));
    const series = form === "log" ? "1" : (/ bin=(\S+)/.exec(reply)?.[1] ?? "");
    await bench.expect(release(1, level, series), "released");
    await bench.expect(release(1, level, series), "released");
    await bench.expectWord(reserve(2, rule), "granted", "what was given back is not there");
    await bench.expectWord(reserve(3, rule), "denied", "a doubled release gave back twice");
  };
}

const firmPlacesStay: Check = async (bench) => {
  await bench.ask(reserve(1, log(1)));
  await bench.expect(release(1, 1, "1"), "released");
  await bench.expectWord(reserve(2, log(1)), "denied", "level 1 gave a firm place back");
};

const denialsChangeNothing: Check = async (bench) => {
  const other = log(5, { series: 2 });
  await bench.ask(reserve(1, log(1)));
  for (let lease = 2; lease < 12; lease++) await bench.expectWord(reserve(lease, log(1), other), "denied 0 ", "the limit was reached");
  for (let lease = 20; lease < 25; lease++) await bench.expectWord(reserve(lease, other), "granted", "a denied operation took a place");
};

const keysAreApart: Check = async (bench) => {
  for (const [at, name] of ["a", "b", "A", "a:", "aa", "a".repeat(60), "a".repeat(61)].entries()) {
    await bench.expectWord(reserve(at + 1, log(1)), "granted", `key ${name} shares with another`, name);
  }
};

function manyOperationsInOneCall(amount: number): Check {
  return async (bench) => {
    for (const [lease, word] of [[1, "granted"], [2, "denied"]] as const) {
      const ops = Array.from({ length: amount }, (_, at) => ({ key: bench.key(at), op: reserve(lease, log(1)) }));
      const replies = await bench.store.run(ops, TIMEOUT_MS);
      check(replies.length === amount && replies.every((reply) => reply?.startsWith(word)), `${word} was wanted: ${replies.join()}`);
    }
  };
}

const orderIsKept: Check = async (bench) => {
  const ops = [1, 2, 3].map((lease) => ({ key: bench.key(), op: reserve(lease, log(2)) }));
  const words = (await bench.store.run(ops, TIMEOUT_MS)).map((reply) => reply?.split(" ")[0]);
  check(words.join() === "granted,granted,denied", words.join());
  await bench.expectWord(reserve(1, log(2)), "granted", "the first operation was not the first to run");
  await bench.expectWord(reserve(3, log(2)), "denied", "the last operation was not the last to run");
};

function unreadableOperation(op: string): Check {
  return async (bench) => {
    const bad = { key: bench.key("c"), op };
    const [first, good, last] = await bench.store.run([bad, { key: bench.key("b"), op: reserve(1, log(1)) }, bad], TIMEOUT_MS);
    check([first, last].every((reply) => reply === undefined || reply === "refused operation"), `${first}, ${last}`);
    check(good?.startsWith("granted") === true, `a bad operation spoiled a good one: ${good}`);
  };
}

function triesAreSpent(tries: number): Check {
  return async (bench) => {
    await bench.ask(reserve(1, log(5), slot({ tries })));
    for (let at = 1; at <= tries; at++) await bench.expectWord(guess(at, 8), `wrong ${tries - at} `, "a try is gone");
    await bench.expectWord(guess(99, 9), "locked ", "the right code matched without a try left");
  };
}

const codeIsUsedOnce: Check = async (bench) => {
  await bench.ask(reserve(1, log(5), slot()));
  await bench.expect(guess(1, 9), "matched");
  await bench.expect(guess(2, 9), "gone");
};

const codeEnds: Check = async (bench) => {
  await bench.ask(reserve(1, log(5), slot({ validityMs: 300 })));
  await bench.wait(400);
  await bench.expect(guess(1, 9), "gone");
};

const codeOfAnother: Check = async (bench) => {
  await bench.ask(reserve(1, log(5), slot()));
  await bench.expect(guess(1, 9, { tag: 2 }), "gone");
  await bench.expect(guess(2, 9, { kid: 2 }), "gone");
  await bench.expect(guess(3, 9), "matched");
};

const resendKeepsTheCode: Check = async (bench) => {
  await bench.ask(reserve(1, log(5), slot()));
  const reply = await bench.ask(reserve(2, log(5), slot({ nonce: 6, proof: 5 })));
  check(reply.includes(`:${hex(7, 32)}:`), `a live challenge was not sent again: \`${reply}\``);
  await bench.expect(guess(1, 9), "matched");
};

const idempotency: Check = async (bench) => {
  const tag = `idem=${hex(1, 16)}`;
  await bench.expectWord(reserve(1, tag, log(2), slot()), "granted", "the first of its key");
  await bench.expectWord(reserve(2, tag, log(2), slot({ nonce: 5 })), "replayed ", "the second of its key");
  await bench.expectWord(reserve(3, log(2), slot()), "granted", "a replay took a place");
};

function manyAtOneKey(amount: number, limit: number, form: Form): Check {
  return async (bench) => {
    const words = await bench.race(amount, (at) => reserve(at + 1, FORMS[form](limit)));
    const { granted = 0, denied = 0, busy = 0 } = words;
    check(granted <= limit && granted + denied + busy === amount && (busy > 0 || granted === limit), `${amount} at once got ${JSON.stringify(words)}`);
  };
}

function manyWithTheRightCode(amount: number): Check {
  return async (bench) => {
    await bench.ask(reserve(1, log(5), slot()));
    const words = await bench.race(amount, (at) => guess(at + 1, 9));
    const { matched = 0, gone = 0, busy = 0 } = words;
    check(matched <= 1 && matched + gone + busy === amount && (busy > 0 || matched === 1), `${amount} at once got ${JSON.stringify(words)}`);
  };
}

function manyThatGuess(amount: number, tries: number): Check {
  return async (bench) => {
    await bench.ask(reserve(1, log(5), slot({ tries })));
    const words = await bench.race(amount, (at) => guess(at + 1, at === amount >> 1 ? 9 : 8));
    const { matched = 0, wrong = 0 } = words;
    check(matched <= 1 && matched + wrong <= tries, `${tries} tries, but ${JSON.stringify(words)}`);
  };
}

function manyWithOneLease(amount: number): Check {
  return async (bench) => {
    const words = await bench.race(amount, () => reserve(1, log(2)));
    const { granted = 0, busy = 0 } = words;
    check(granted >= 1 && granted + busy === amount, JSON.stringify(words));
    await bench.expectWord(reserve(2, log(2)), "granted", "one lease was charged more than once");
    await bench.expectWord(reserve(3, log(2)), "denied", "one lease was not charged");
  };
}

/** Compares a random run with the limiter that is the truth. */
function likeTheModel(seed: number): Check {
  return async (bench) => {
    const { clock } = bench;
    const dice = makeDice(seed);
    const model = new MemoryStore({ now: () => clock?.now ?? Date.now() });
    const world = makeWorld(dice);
    for (let step = 0; step < 60; step++) {
      if (clock !== undefined && dice(2) === 0) clock.move(world.waitMs());
      const op = world.op();
      const [wanted = ""] = await model.run([{ key: "a", op }]);
      const got = await bench.ask(op);
      check(same(got, wanted, bench.slackMs), `seed ${seed}, step ${step}: \`${op}\` was answered \`${got}\`, not \`${wanted}\``);
    }
  };
}

/** Numbers from 0 to below `below`, the same for the same seed (mulberry32). */
function makeDice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A random policy, and random operations under it. Windows are far longer than a run, unless time can be moved. */
function makeWorld(dice: (below: number) => number): { waitMs(): number; op(): string } {
  const rules = [`${1 + dice(2)}:l:${1 + dice(6)}:${(1 + dice(48)) * HOUR_MS}:${"sf"[dice(2)]}`];
  if (dice(10) < 6) rules.push(`16:b:${1 + dice(12)}:${(1 + dice(7)) * DAY_MS}:${"sf"[dice(2)]}`);
  if (dice(2) === 0) rules.push(`3:t:${1 + dice(5)}:${HOUR_MS}:g`);
  const slots = dice(10) < 7;
  const windows = rules.map((rule) => Number(rule.split(":")[3]));
  const waits = [1, 999, 60_000, 119_999, 180_000, 300_000, 600_000, ...windows, (windows[0] ?? 1) - 1];
  let leases = 0;
  const lease = (): number => (leases > 0 && dice(10) < 3 ? 1 + dice(leases) : (leases += 1));
  return {
    waitMs: () => waits[dice(waits.length)] ?? 1,
    op() {
      const kind = dice(100);
      if (kind < 55) {
        const words = [...rules];
        if (dice(5) === 0) words.unshift(`idem=${hex(1 + dice(4), 16)}`);
        if (slots) words.push(slot({ nonce: 1 + dice(3), proof: 1 + dice(3), tag: 1 + dice(3), tries: 1 + dice(3) }));
        return reserve(lease(), ...words);
      }
      if (kind < 70 || !slots) {
        const series = new Set(rules.filter((rule) => !rule.endsWith("g")).map((rule) => rule.split(":")[0] ?? ""));
        return release(lease(), 1 + dice(2), ...[...series].sort());
      }
      return guess(1 + dice(6), 1 + dice(3), { tag: 1 + dice(3) });
    },
  };
}

const UNREADABLE = {
  empty: "",
  "no verb": "drop table",
  "no lease": "reserve",
  "a short lease": "reserve 01 1:l:1:1000:s",
  "a window that is none": reserve(1, "1:l:1:x:s"),
};
const BOTH: Form[] = ["log", "bins"];

const CHECKS: [string, Check][] = [
  ...[1, 5, 40].flatMap((n) => BOTH.map((form): [string, Check] => [`admits exactly ${n}, ${form}`, admitsExactly(n, form)])),
  ...[200, 500, 1000].map((ms): [string, Check] => [`a window of ${ms} ms ends`, windowEnds(ms)]),
  ["records outlive their windows", recordsOutliveTheirWindows],
  ["a time to live is not shortened", timeToLiveIsNotShortened],
  ...BOTH.map((form): [string, Check] => [`a lost reply is charged once, ${form}`, lostReply(form)]),
  ["a lost reply of a right guess", lostReplyOfAGuess(true)],
  ["a lost reply of a wrong guess", lostReplyOfAGuess(false)],
  ...BOTH.flatMap((form) => [1, 2].map((level): [string, Check] => [`a release gives back once, ${form}, level ${level}`, releaseGivesBack(form, level)])),
  ["firm places stay", firmPlacesStay],
  ["denials change nothing", denialsChangeNothing],
  ["keys are apart", keysAreApart],
  ...[1, 2, 7, 50].map((n): [string, Check] => [`${n} operations in one call`, manyOperationsInOneCall(n)]),
  ["the order of operations is kept", orderIsKept],
  ...Object.entries(UNREADABLE).map(([name, op]): [string, Check] => [`an unreadable operation: ${name}`, unreadableOperation(op)]),
  ...[1, 3, 10].map((n): [string, Check] => [`${n} tries are spent`, triesAreSpent(n)]),
  ["a code is used once", codeIsUsedOnce],
  ["a code ends", codeEnds],
  ["a code of another", codeOfAnother],
  ["a resend keeps the code", resendKeepsTheCode],
  ["an idempotency key takes one place", idempotency],
  ...[[8, 1], [32, 5], [64, 1]].flatMap(([many = 0, limit = 0]) =>
    BOTH.map((form): [string, Check] => [`${many} at one key, ${limit} allowed, ${form}`, manyAtOneKey(many, limit, form)]),
  ),
  ...[8, 64].map((n): [string, Check] => [`${n} with the right code`, manyWithTheRightCode(n)]),
  ...[8, 64].map((n): [string, Check] => [`${n} that guess`, manyThatGuess(n, 3)]),
  ...[8, 32].map((n): [string, Check] => [`${n} with one lease`, manyWithOneLease(n)]),
  ...Array.from({ length: 60 }, (_, seed): [string, Check] => [`like the model, seed ${seed}`, likeTheModel(seed)]),
];

/** Asks step by step, and compares the answers. */
function play(steps: readonly Step[]): Check {
  return async (bench) => {
    let [now, lastBin] = [NOW, "0"];
    bench.clock?.move(now - bench.clock.now);
    for (const { op: written = "", reply = "", key = "a", wait } of steps) {
      if (wait !== undefined) {
        now += wait;
        if (bench.clock !== undefined) bench.clock.move(now - bench.clock.now);
        // A store with a clock of its own is waited for a moment; a case that needs more ends here.
        else if (wait < 0 || wait > LONGEST_WAIT_MS) return;
        else await bench.wait(wait);
        continue;
      }
      const op = written.replaceAll("BIN", lastBin);
      const got = await bench.askAt(bench.longKey(key), op);
      const bin = /(?<= bin=\d+:)\d+/.exec(got)?.[0];
      if (bin !== undefined && reply.includes("BIN")) lastBin = bin;
      const wanted = reply.replaceAll("BIN", lastBin);
      const fits = bench.clock !== undefined ? got === wanted : loosely(got, wanted, op.includes(":b:"));
      check(fits, `\`${op}\` was answered \`${got}\`, not \`${wanted}\``);
    }
  };
}

/** Compares replies of a store with a clock of its own; where bins are cut is another matter there. */
function loosely(got: string, wanted: string, binned: boolean): boolean {
  if (!binned) return same(got, wanted, slackMs);
  const words = (reply: string): string[] => reply.split(" ");
  const exact = ([kind = "", ...rest]: string[]): string => [kind, ...(kind === "granted" ? rest.slice(1) : kind === "denied" ? rest.slice(0, 1) : rest)].join(" ");
  return exact(words(got)) === exact(words(wanted));
}

/** When each recorded case begins, on a clock that can be moved. */
const NOW = 1_800_000_000_000;
const LONGEST_WAIT_MS = 1_500;

CHECKS.push(...RECORDED.map(({ name, steps }): [string, Check] => [name, play(steps)]));

/** All that a store must do. */
export const cases: readonly Case[] = CHECKS.map(([name, run]) => ({ name, run: (store, clock) => run(new Bench(store, clock)) }));
