// A Worker that sends what it is told to, and says what came of it.
import { aliyun, fetchTransport, MemoryStore, Service, tencent, TransportFault } from "sansms";

const transport = fetchTransport();

export default {
  async fetch(request) {
    const asked = await request.json();
    if (asked.endpoint !== undefined) return Response.json(await send(asked.endpoint));
    try {
      const { status, headers, body } = await transport.send(asked);
      return Response.json({ reply: { status, location: new Map(headers).get("location"), body } });
    } catch (fault) {
      return Response.json({ fault: { typed: fault instanceof TransportFault, sent: fault.sent, text: String(fault) } });
    }
  },
};

/** One send by a service whose first provider is at `endpoint`; a second would take over where nothing was sent. */
async function send(endpoint) {
  const service = new Service({
    providers: [
      aliyun({ accessKeyId: "sandbox-id", accessKeySecret: "sandbox-secret", endpoint, signName: "示例", templates: { r: "SMS_1" } }),
      tencent({ secretId: "sandbox-id", secretKey: "sandbox-key", endpoint, sdkAppId: "1400006666", signName: "示例", templates: { r: "1" } }),
    ],
    store: new MemoryStore(),
    secret: "only for tests: 32 bytes or more",
  });
  const outcome = await service.send({ to: "13800138000", purpose: "r", ip: "203.0.113.7" });
  return { kind: outcome.kind, provider: outcome.provider, stats: service.stats() };
}
