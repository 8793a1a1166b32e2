// The service as a provider of Nest's, and a controller that uses it.
import { Body, Controller, HttpException, Inject, Ip, Post, type Provider } from "@nestjs/common";
import { createServer } from "node:http";
import { aliyun, MemoryStore, Service } from "sansms";
import { SQLiteStore } from "sansms/stores/sqlite";
import { Sandbox } from "sansms/testing";

const { CODES_FILE, SANSMS_SECRET = "only on this machine: 32 bytes or more" } = process.env;

/** Sends to a pretend provider, whose messages are printed; in production `aliyun` needs sign name and templates only. */
export const codes: Provider = {
  provide: Service,
  useFactory: async () => {
    const sandbox = createServer(new Sandbox({ onMessage: ({ to, text }) => console.log(`${to}: ${text}`) }).listener());
    await new Promise<void>((resolve) => sandbox.listen(0, "127.0.0.1", resolve));
    sandbox.unref();
    const { port } = sandbox.address() as { port: number };
    return new Service({
      providers: [
        aliyun({
          accessKeyId: "sandbox-id",
          accessKeySecret: "sandbox-secret",
          endpoint: `http://127.0.0.1:${port}`,
          signName: "示例",
          templates: { register: "SMS_1" },
        }),
      ],
      store: CODES_FILE === undefined ? new MemoryStore() : new SQLiteStore(CODES_FILE),
      secret: SANSMS_SECRET,
      session: "challenge",
      budgetPerDay: 2000,
    });
  },
};

@Controller()
export class CodesController {
  constructor(@Inject(Service) private readonly codes: Service) {}

  @Post("code")
  async send(@Body() { to }: { to: string }, @Ip() ip: string) {
    const sent = await this.codes.send({ to, purpose: "register", ip });
    if (!sent.ok) throw new HttpException({ code: sent.code, textZh: sent.textZh, textEn: sent.textEn }, sent.httpStatus);
    return { challenge: sent.challenge };
  }

  @Post("verify")
  async verify(@Body() { to, code, challenge }: { to: string; code: string; challenge: string }, @Ip() ip: string) {
    const done = await this.codes.verify({ to, code, purpose: "register", ip, session: challenge });
    if (!done.ok) throw new HttpException({ code: done.code, textZh: done.textZh, textEn: done.textEn }, done.httpStatus);
    return { account: done.to }; // the number is proven: make the account here
  }
}
