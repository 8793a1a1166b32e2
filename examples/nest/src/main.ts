import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { codes, CodesController } from "./codes.js";

@Module({ providers: [codes], controllers: [CodesController] })
class App {}

// Behind proxies, Express's `trust proxy` says how many to believe; `@Ip()` goes by it.
NestFactory.create(App, { logger: ["error", "warn"] }).then(async (app) => {
  await app.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1");
  console.log(`listening on ${(await app.getUrl()).replace("[::1]", "127.0.0.1")}`);
});
