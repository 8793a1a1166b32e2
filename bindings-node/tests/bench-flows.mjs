// A send and a verify, and how many there are in a second: for benchmarks, in Node and in workerd.
import { aliyun, Service } from "sansms";

const CODE = "424242";
const OK = '{"Code":"OK","BizId":"1","RequestId":"1","Message":"OK"}';
let numbers = 0;

/** Answers a send to a new number, a verify of the oldest that waits, and those that wait. */
export function flows(store) {
  const service = new Service({
    providers: [aliyun({ accessKeyId: "id", accessKeySecret: "secret", signName: "示例", templates: { login: "SMS_1" } })],
    store,
    transport: { send: async () => ({ status: 200, headers: [["content-type", "application/json"]], body: OK }) },
    secret: "x".repeat(32),
    namespace: `bench${crypto.randomUUID().slice(0, 8)}`,
    budgetPerDay: 100_000_000,
    storeTimeoutMs: 30_000,
    env: {},
  });
  const waiting = [];
  const address = () => `10.${(numbers >> 16) & 255}.${(numbers >> 8) & 255}.${numbers & 255}`;
  const send = async () => {
    const to = `${13_000_000_000 + ++numbers}`;
    const { kind } = await service.send({ to, purpose: "login", ip: address(), code: CODE });
    if (kind !== "sent") throw new Error(kind);
    waiting.push(to);
  };
  const verify = async () => {
    numbers++;
    const { kind } = await service.verify({ to: waiting.shift(), purpose: "login", ip: address(), code: CODE });
    if (kind !== "verified") throw new Error(kind);
  };
  return { send, verify, waiting };
}

/** Calls for so long from so many callers, so often at most; answers the rate. */
export async function perSecond(call, seconds, callers = 1, most = Infinity) {
  const began = performance.now();
  const ends = began + seconds * 1000;
  let begun = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (begun < most && performance.now() < ends) {
      begun++;
      await call();
    }
  }));
  return (begun * 1000) / (performance.now() - began);
}
