// `npm run test:node`: real containers on real nodes.
import { runSuite } from "../support/run-suite.mjs";

await runSuite({ name: "node", entryPoint: "test/node/main.ts" });
