/** The scenarios of FAILURES.md §6 on a real control plane, where this machine has one. */
import { describe, inject, it } from "vitest";
import { scenarios } from "../scenarios/daemonset-rollout/index.ts";
import { play } from "../scenarios/play.ts";
import { startRealCluster } from "../support/real-cluster.ts";

const found = inject("scenarioCluster");
const programEntry = inject("programEntry");

if ("notRun" in found) {
  describe("scenarios on a real control plane", () => {
    it.skip(`not run: ${found.notRun}`, () => undefined);
  });
} else {
  const log = (line: string): void => console.log(`cluster: ${line}`);
  play(scenarios, programEntry, () => startRealCluster({ ...found, programEntry, grounds: 6, log }));
}
