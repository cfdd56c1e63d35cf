/** The compatibility suite on a real control plane, where this machine has one. */
import { describe, inject, it } from "vitest";
import { startRealCluster } from "../support/real-cluster.ts";
import { compatibility } from "./suite.ts";

const found = inject("scenarioCluster");
const programEntry = inject("programEntry");

if ("programs" in found) {
  const log = (line: string): void => console.log(`openfero: ${line}`);
  const directory = `${found.directory}-openfero`;
  compatibility(() => startRealCluster({ ...found, directory, programEntry, grounds: 1, log }), programEntry);
} else {
  const reason = "notRun" in found ? found.notRun : "a cluster of yours may have an openfero of its own";
  describe("compatibility on a real control plane", () => {
    it.skip(`not run: ${reason}`, () => undefined);
  });
}
