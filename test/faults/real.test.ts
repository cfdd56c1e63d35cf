/** The same mixed faults before a real API server, where this machine has one. */
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { startRealCluster } from "../support/real-cluster.ts";
import { shortOperarius } from "./alerts.ts";
import { playMixedFaults } from "./mixed-faults.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

const found = inject("faultsCluster");
const entry = inject("programEntry");

if ("notRun" in found) {
  describe("faults before a real control plane", () => {
    it.skip(`not run: ${found.notRun}`, () => undefined);
  });
} else {
  describe("faults before a real control plane", () => {
    let world: World;
    beforeAll(async () => {
      const log = (line: string): void => console.log(`faults: ${line}`);
      const cluster = await startRealCluster({ ...found, programEntry: entry, grounds: 1, log });
      world = await startWorld(cluster, { entry, operarii: [shortOperarius("real")] });
    });
    afterAll(() => world?.stop());

    it("mixed faults at 15 % of the requests, 30 targets delivered six times: one record and one Job each", async () => {
      await playMixedFaults(world, { operarius: "real", targets: 30, share: 0.15 });
    });
  });
}
