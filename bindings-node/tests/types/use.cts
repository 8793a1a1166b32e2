// CommonJS sees the same types.
import sansms = require("sansms");
import testing = require("sansms/testing");

const service: sansms.Service = new sansms.Service({ providers: [], store: new sansms.MemoryStore() });
const outcome: Promise<sansms.SendOutcome> = service.send({ to: "", purpose: "" });
const sandbox: testing.Sandbox = new testing.Sandbox();
// @ts-expect-error there is no such export
sansms.Servise;
void [outcome, sandbox];
