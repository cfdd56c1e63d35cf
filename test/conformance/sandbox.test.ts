/** The cases on the sandbox. */
import { inject } from "vitest";
import { cases } from "./cases/index.ts";
import { startSandboxWorld } from "./sandbox-world.ts";
import { conformance } from "./suite.ts";

conformance({
  name: "sandbox",
  cases,
  kubectlFile: inject("kubectlFile") || undefined,
  start: () => startSandboxWorld(inject("programEntry")),
  notRun: () => (inject("onlyReal") ? "this run is about a cluster of yours" : undefined),
});
