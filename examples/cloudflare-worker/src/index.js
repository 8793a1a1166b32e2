// A sign-up page and its API in one Worker; the codes and their limits live in Durable Objects.
import { aliyun, handlers, Service } from "sansms";
import { DurableObjectStore } from "sansms/stores/durable-object";
import page from "./page.html";

export { SansmsPartition } from "sansms/stores/durable-object";

let handle;

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (request.method === "GET" && pathname === "/") {
      return new Response(page, { headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY } });
    }
    handle ??= handlers(serviceOf(env), {
      clientIp: "cloudflare",
      purposes: ["register"],
      "POST /code": "send",
      "POST /verify": "verify",
    });
    return handle(request, env, context);
  },
};

function serviceOf(env) {
  return new Service({
    providers: [
      aliyun({
        accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
        accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
        signName: env.SMS_SIGN,
        templates: { register: env.SMS_TEMPLATE },
        endpoint: env.SMS_ENDPOINT, // only for the sandbox of local.mjs
      }),
    ],
    store: new DurableObjectStore(env.CODES),
    secret: env.SANSMS_SECRET,
    budgetPerDay: 2000,
  });
}

const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; form-action 'none'";
