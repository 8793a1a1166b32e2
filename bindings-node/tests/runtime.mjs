// One code all the way, in the runtime that runs this file; says which core it found.
import * as sansms from "sansms";
import { RedisStore } from "sansms/stores/redis";
import { UpstashStore } from "sansms/stores/upstash";
import * as testing from "sansms/testing";
import { cases } from "sansms/testing/conformance";
import { checkStory } from "./story-check.mjs";
import { story } from "./story.mjs";

checkStory(await story({ ...sansms, ...testing }).tell());
const clock = new testing.Clock();
const memory = new sansms.MemoryStore({ now: () => clock.now });
for (const { run } of cases) await run(memory, clock);
new RedisStore({ evalsha() {} });
new UpstashStore({ url: "https://store.example", token: "t" });
console.log(`core ${testing.about().core}, ${cases.length} cases`);
