// Replays a golden trace through a service, in any runtime: its store and its transport hold the core to every step.

/** Replays a trace, and answers every difference from it. */
export async function differences(trace, { serviceWith, MemoryStore, TransportFault }) {
  const found = [];
  let place = "";
  const same = (what, ours, theirs) => {
    if (text(ours) !== text(theirs)) found.push(`${place}: ${what} is ${text(ours)} and not ${text(theirs)}`);
  };

  let steps, taken, times, storeTime;
  const memory = new MemoryStore({ now: () => storeTime });
  const next = (kind) => {
    const step = steps[taken++];
    if (step?.[kind] === undefined) throw new Error(found[found.push(`${place}: nobody expects ${kind} as step ${taken}`) - 1]);
    return step;
  };
  const store = {
    async run(ops) {
      const step = next("store");
      same("the store's step", ops, step.store);
      if (step.reply === null) throw new Error("the store is down");
      // The memory lives through all the rest, also where another reply was put in the place of its own.
      storeTime = step.now - STORE_LAG;
      const own = await memory.run(ops);
      if (step.from_memory) same("the memory's reply", own, step.reply);
      return step.reply.map((reply) => reply ?? undefined);
    },
  };
  const transport = {
    async send({ method, url, headers, body, timeoutMs, maxReplyBytes }) {
      const { http, reply } = next("http");
      same("the request", { method, url, headers, body, timeout_ms: timeoutMs, max_reply: maxReplyBytes }, http);
      if (reply.fault) throw new TransportFault(reply.fault.sent);
      return reply;
    },
  };

  const keyOf = (provider) => () => {
    const { credentials, reply } = next("credentials");
    same("the provider that wants a key", provider, credentials);
    if (reply === null) throw new Error("the vault is down");
    return reply;
  };
  const providers = trace.config.providers.map((entry) => {
    const [[kind, options]] = Object.entries(entry);
    return options.credentials === "host" ? { [kind]: { ...options, credentials: keyOf(options.name ?? kind) } } : entry;
  });

  let seed;
  const service = serviceWith({ ...trace.config, providers, store, transport, env: trace.config.env ?? {} }, {
    seed: () => seed,
    now: () => (times.length > 1 ? times.shift() : times[0]),
  });
  for (const [index, flow] of trace.flows.entries()) {
    [place, steps, taken] = [`flow ${index}`, flow.steps, 0];
    times = [flow.start, ...steps.map(({ now }) => now)];
    seed = Uint8Array.from(flow.seed.match(/../g), (pair) => parseInt(pair, 16));
    const desk = ["inspect", "reset", "forget"].includes(flow.call);
    const outcome = await service[flow.call](desk ? flow.request.to : camelKeys(flow.request));
    same("the count of steps", taken, steps.length);
    const { retryAfter, ...rest } = { ...outcome, to: outcome.to, answer: snakeKeys(outcome.answer) };
    same("the outcome", snakeKeys(rest), flow.outcome);
  }
  return found;
}

/** JSON with sorted keys, without what is absent. */
function text(value) {
  return JSON.stringify(value, (_, inner) =>
    inner === null || typeof inner !== "object" || Array.isArray(inner)
      ? inner
      : Object.fromEntries(Object.entries(inner).filter(([, member]) => member != null).sort()),
  );
}

function camelKeys(fields) {
  const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [camel(name), value]));
}

function snakeKeys(value) {
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(snakeKeys);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snake(name), snakeKeys(inner)]));
}

/** How much earlier the store's own time is than the `now` of its reply, in milliseconds. */
const STORE_LAG = 20;
