/** Every kind of fault at once, before the sandbox. */
import { afterAll, beforeAll, inject, it } from "vitest";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { shortOperarius } from "./alerts.ts";
import { playMixedFaults } from "./mixed-faults.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

const entry = inject("programEntry");
let world: World;

beforeAll(async () => {
  const cluster = await startSandboxCluster({ programEntry: entry });
  world = await startWorld(cluster, { entry, operarii: [shortOperarius("mixed")] });
});
afterAll(() => world?.stop());

it("mixed faults at 15 % of the requests, 60 targets delivered six times: one record and one Job each", async () => {
  await playMixedFaults(world, { operarius: "mixed", targets: 60, share: 0.15 });
});
