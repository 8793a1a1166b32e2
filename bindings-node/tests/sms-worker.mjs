// A Worker on the build for SMS only, with the store that comes beside it.
import { aliyun, gateway, handlers, MemoryStore, Service } from "sansms/sms";
import { DurableObjectStore } from "sansms/sms/stores/durable-object";
import { Sandbox } from "sansms/testing";
import { story } from "./story.mjs";

const atModuleScope = story({ Service, MemoryStore, aliyun, Sandbox });

/** Tells the code, option and message of what is thrown. */
function thrown(work) {
  try {
    work();
    return null;
  } catch ({ code, option, message }) {
    return { code, option, message };
  }
}

export default {
  async fetch() {
    const options = { store: new MemoryStore(), secret: "a secret for tests, and for nothing else", env: {} };
    const account = { accessKeyId: "id", accessKeySecret: "secret", signName: "示例", templates: { register: "SMS_1" } };
    const service = new Service({ ...options, providers: [aliyun(account)] });
    return Response.json({
      story: await atModuleScope.tell(),
      store: typeof DurableObjectStore,
      audit: thrown(() => service.audit()),
      receipts: thrown(() => service.receipts("aliyun", "[]")),
      health: await service.health().then(() => null, ({ code, option }) => ({ code, option })),
      routeOfReceipts: thrown(() => handlers(service, { clientIp: "cloudflare", "POST /receipts": "receipts" })),
      routeOfHealth: thrown(() => handlers(service, { clientIp: "cloudflare", "GET /health": "health" })),
      gateway: thrown(() => new Service({ ...options, providers: [gateway({ url: "https://x.example/" })] })),
      rpc: thrown(() => new Service({ ...options, providers: [aliyun({ ...account, wire: "rpc" })] })),
    });
  },
};
