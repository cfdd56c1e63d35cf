/** The same cases on a real control plane, where this machine has one. */
import { describe, inject, it } from "vitest";
import { cases } from "./cases/index.ts";
import { notRunOnForeign, startForeignWorld } from "./foreign-world.ts";
import { startRealWorld } from "./real-world.ts";
import { conformance } from "./suite.ts";

const real = inject("real");

if ("notRun" in real) {
  describe("conformance: real", () => {
    it.skip(`not run: ${real.notRun}`, () => undefined);
  });
} else if ("foreign" in real) {
  const { foreign } = real;
  conformance({
    name: "real",
    cases,
    kubectlFile: inject("kubectlFile") || undefined,
    start: () => startForeignWorld(foreign),
    prefix: `${foreign.namespace}-`,
    notRun: notRunOnForeign,
  });
} else {
  conformance({
    name: "real",
    cases,
    kubectlFile: inject("kubectlFile") || undefined,
    start: () => startRealWorld({ ...real, programEntry: inject("programEntry") }),
  });
}
