// The same from CommonJS.
const sansms = require("sansms");
const testing = require("sansms/testing");
const { cases } = require("sansms/testing/conformance");

(async () => {
  const { checkStory } = await import("./story-check.mjs");
  const { story } = await import("./story.mjs");
  checkStory(await story({ ...sansms, ...testing }).tell());
  const esm = await import("sansms");
  if (esm.Service !== sansms.Service) throw new Error("there are two Services");
  const clock = new testing.Clock();
  const memory = new sansms.MemoryStore({ now: () => clock.now });
  for (const { run } of cases) await run(memory, clock);
  console.log(`core ${testing.about().core}, ${cases.length} cases`);
})();
