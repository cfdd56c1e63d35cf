// `npm run test:e2e`: from Prometheus to the healed node.
import { runSuite } from "../support/run-suite.mjs";

await runSuite({ name: "e2e", entryPoint: "test/e2e/main.ts" });
