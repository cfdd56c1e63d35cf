/** The same cases on a real control plane, where this machine has one. */
import { describe, inject, it } from "vitest";
import { cases } from "./cases/index.ts";
import { startRealWorld } from "./real-world.ts";
import { conformance } from "./suite.ts";

const real = inject("real");

if ("notRun" in real) {
  describe("conformance: real", () => {
    it.skip(`not run: ${real.notRun}`, () => undefined);
  });
} else {
  conformance({
    name: "real",
    cases,
    kubectlFile: inject("kubectlFile") || undefined,
    start: () => startRealWorld({ ...real, programEntry: inject("programEntry") }),
  });
}
