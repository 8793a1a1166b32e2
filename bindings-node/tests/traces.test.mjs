// The golden traces, replayed step by step through the core that this package carries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadTraces, replay } from "./trace.mjs";
