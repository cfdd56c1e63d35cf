/** The scenarios of FAILURES.md §6 on a real control plane, where this machine has one. */
import { describe, inject, it } from "vitest";
import { openTarget } from "../../scripts/cluster/foreign/target.ts";
import { scenarios } from "../scenarios/daemonset-rollout/index.ts";
import { play } from "../scenarios/play.ts";
import { startForeignCluster } from "../support/foreign-cluster.ts";
import { startRealCluster } from "../support/real-cluster.ts";

const found = inject("scenarioCluster");
const programEntry = inject("programEntry");

if ("notRun" in found) {
  describe("scenarios on a real control plane", () => {
    it.skip(`not run: ${found.notRun}`, () => undefined);
  });
} else {
  const log = (line: string): void => console.log(`cluster: ${line}`);
  const start =
    "foreign" in found
      ? async () => {
          const { namespace, directory } = found.foreign;
          const target = await openTarget(found.foreign);
          return startForeignCluster({ target, namespace, directory, programEntry, log });
        }
      : () => startRealCluster({ ...found, programEntry, grounds: 12, log });
  play(scenarios, programEntry, start);
}
