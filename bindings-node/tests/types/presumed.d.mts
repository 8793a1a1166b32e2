// What the documents presume: the names of an application around their examples.
import type { Service } from "sansms";
import type { DurableObjectNamespaceLike } from "sansms/stores/durable-object";
import type { IoredisLike } from "sansms/stores/redis";

declare global {
  const phone: string;
  const code: string;
  const ip: string;
  const session: string;
  const appKey: string;
  const apiKey: string;
  const codes: Service;
  const client: IoredisLike;
  const app: { use(listener: (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => void): void };
  function createUser(fields: { phone: string }): void;
  function show(text: string, more: { status: number }): void;

  namespace Cloudflare {
    interface Env {
      CODES: DurableObjectNamespaceLike;
      KEY_ID: string;
      KEY_SECRET: string;
      SANSMS_SECRET: string;
    }
  }
}
