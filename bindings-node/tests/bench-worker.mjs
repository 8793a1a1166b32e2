// A Worker that sends and verifies as often as it is told, with records in Durable Objects or in D1.
import { D1Store } from "sansms/stores/d1";
import { DurableObjectStore, SansmsPartition } from "sansms/stores/durable-object";
import { flows } from "./bench-flows.mjs";

export { SansmsPartition };

const asked = { count: 0 };
const counting = (target, names, wrap = (result) => result) =>
  new Proxy(target, {
    get: (_, name) => {
      const value = target[name];
      if (typeof value !== "function") return value;
      return (...words) => {
        if (names.includes(name)) asked.count++;
        return wrap(value.apply(target, words));
      };
    },
  });
const STORES = {
  "durable-object": (env) => new DurableObjectStore(counting(env.CODES, ["get"])),
  // A session's statements are counted as they are made; each is asked once.
  d1: (env) => new D1Store(counting(env.DB, [], (session) => counting(session, ["prepare"]))),
};
const made = {};

export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const [store, what, times, callers] = ["store", "what", "times", "callers"].map((name) => searchParams.get(name));
    const flow = (made[store] ??= flows(STORES[store](env)));
    const before = asked.count;
    let left = Number(times);
    await Promise.all(Array.from({ length: Number(callers) }, async () => {
      while (left-- > 0) await flow[what]();
    }));
    return Response.json({ asked: asked.count - before });
  },
};
