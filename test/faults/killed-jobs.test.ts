/** kill -9 of a Job's program and of the server at random moments of a repair: judged by the audit log. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { isTerminal } from "../../src/operarius/remediation.ts";
import { crashOnN4 } from "../scenarios/daemonset-rollout/one-node.ts";
import { pullFails } from "../scenarios/daemonset-rollout/refusals.ts";
import { createExporter } from "../scenarios/decoys.ts";
import type { Grounds } from "../scenarios/ground.ts";
import { createGrounds } from "../scenarios/ground.ts";
import { writesOn } from "../scenarios/run-scenario.ts";
import { createAgent, untilRolledOut } from "../scenarios/stage.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { stuckDelivery } from "./alerts.ts";
import type { Fleet } from "./fleet.ts";
import { canSeeJobs, killRun, untilRunFor, whyNoJobs } from "./job-process.ts";
import { approve, recordsOf, untilRecord } from "./records.ts";
import { deliver } from "./sender.ts";
import { skewedBy } from "./skew.ts";
import { tally } from "./tally.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

const entry = inject("programEntry");
let world: World;
let grounds: Grounds;

beforeAll(async () => {
  const cluster = await startSandboxCluster({
    programEntry: entry,
    grounds: 3,
    manifests: ["rbac.yaml", "operarius.yaml"],
  });
  world = await startWorld(cluster, { entry });
  await createExporter(cluster);
  grounds = createGrounds(cluster);
});
afterAll(() => world?.stop());

/** Kills the Job's program after so long, and the server with it; a new server comes at once. */
async function killBoth(fleet: Fleet, daemonSet: string, afterMs: number): Promise<boolean> {
  const pid = await untilRunFor(daemonSet);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const wasRunning = killRun(pid);
  await fleet.kill(0);
  await fleet.start(0);
  return wasRunning;
}

describe.skipIf(!canSeeJobs)(`kill -9 of a Job and of the server in mid-repair${whyNoJobs}`, () => {
  it("one wedged pod in each of three DaemonSets: each is deleted once, and every record ends well", async () => {
    const { cluster, random } = world;
    await world.withFleet(1, async (fleet) => {
      const repair = (id: string, afterMs: number): Promise<string> =>
        grounds.on(id, async (stage) => {
          await createAgent(stage);
          await crashOnN4(stage, "crashonce");
          await deliver(stuckDelivery(stage), { ...world, urls: fleet.urls });
          const wasRunning = await killBoth(fleet, stage.name, afterMs);
          await untilRolledOut(stage, "app:ok-2", 120_000);
          const record = await untilRecord(cluster, stage.name, {
            what: "to end",
            holds: ({ status }) => isTerminal(status?.phase),
          });
          expect((await writesOn(stage)).map(({ words }) => words)).toEqual(["delete pod on n4"]);
          const targets = [stage.name];
          expect(await tally(cluster, { targets, answered: new Set(targets) })).toMatchObject({
            lost: [],
            doubled: [],
          });
          expect(await recordsOf(cluster, stage.name)).toHaveLength(1);
          return `${afterMs} ms, ${wasRunning ? "killed" : "had ended"}: ${record.status?.phase} ${record.status?.reason}`;
        });
      const moments = [0, 1, 2].map((third) => Math.round((third + random()) * 3_000));
      const ends = await Promise.all(moments.map((afterMs, index) => repair(`killed-${index + 1}`, afterMs)));
      console.log(`faults: Jobs killed: ${ends.join("; ")}`);
      expect(ends.filter((end) => !/: Succeeded Recovered/.test(end))).toEqual([]);
    });
  });

  it("an approval neither lapses at once nor is taken twice when the next server's clock is twenty minutes behind", async () => {
    const { cluster } = world;
    await grounds.on("approved", async (stage) => {
      await createAgent(stage);
      await pullFails(stage, "app:bad-2");
      const awaiting = await world.withFleet(
        1,
        async ({ urls }) => {
          await deliver(stuckDelivery(stage), { ...world, urls });
          return untilRecord(cluster, stage.name, {
            what: "to await approval",
            holds: ({ status }) => status?.phase === "AwaitingApproval",
          });
        },
        () => skewedBy(600_000),
      );
      await approve(cluster, awaiting);
      await world.withFleet(
        1,
        async (fleet) => {
          await killBoth(fleet, stage.name, 1_000);
          await untilRolledOut(stage, "app:ok-1", 120_000);
          // Its recount may take as long as this clock is behind those of the cluster, whose times lie in its future.
          await untilRecord(cluster, stage.name, {
            what: "to be verified",
            holds: ({ status }) => status?.phase === "Verifying" || isTerminal(status?.phase),
          });
        },
        () => skewedBy(-600_000),
      );
      expect((await writesOn(stage)).map(({ words }) => words)).toEqual(["patch daemonset (rollback)"]);
      const records = await recordsOf(cluster, stage.name);
      expect(records).toHaveLength(1);
      expect(["Verifying", "Succeeded"]).toContain(records[0]?.status?.phase);
    });
  });
});
