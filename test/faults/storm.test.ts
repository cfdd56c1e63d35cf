/** A thousand targets, delivered by two senders, to replicas that are killed and started again all the time. */
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { until } from "../support/until.ts";
import { deliveriesFor, shortOperarius, targetNames } from "./alerts.ts";
import type { Fleet } from "./fleet.ts";
import { deliverAll } from "./sender.ts";
import { recordsFor, tally } from "./tally.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

const entry = inject("programEntry");
let world: World;

beforeAll(async () => {
  const cluster = await startSandboxCluster({ programEntry: entry });
  world = await startWorld(cluster, { entry, operarii: [shortOperarius("storm")] });
});
afterAll(() => world?.stop());

/** Kills a replica at a random moment and starts another in its place, until told that it is over. */
async function killInALoop(fleet: Fleet, isOver: () => boolean): Promise<number> {
  const { random } = world;
  let kills = 0;
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, 500 + random() * 3_000));
    const number = Math.floor(random() * fleet.urls().length);
    await fleet.kill(number);
    kills += 1;
    await fleet.start(number);
  }
  return kills;
}

it("1,000 targets, each delivered by two senders, replicas under kill -9 in a loop: lost 0, doubled 0", async () => {
  const targets = targetNames("storm", 1000);
  const deliveries = deliveriesFor("storm", targets, 10);
  await world.withFleet(
    3,
    async (fleet) => {
      let isOver = false;
      const killing = killInALoop(fleet, () => isOver);
      const began = performance.now();
      const delivered = await deliverAll(deliveries, {
        ...world,
        urls: fleet.urls,
        times: 1,
        lanes: 4,
        patienceMs: 120_000,
      }).finally(() => {
        isOver = true;
      });
      const kills = await killing;
      const seconds = (performance.now() - began) / 1000;
      const tries = delivered.flatMap((each) => each.tries);
      console.log(
        `faults: ${tries.length} tries of ${delivered.length} deliveries in ${seconds.toFixed(1)} s, ${kills} kills`,
      );
      expect(kills).toBeGreaterThan(2);
      expect(new Set(delivered.map((each) => each.tries.at(-1)?.code))).toEqual(new Set([200]));
      const answered = new Set(delivered.flatMap((each) => each.targets));
      expect(answered.size).toBe(targets.length);
      const endedNow = async (): Promise<number> => {
        const records = await recordsFor(world.cluster, targets);
        return records.filter(({ status }) => status?.endedAt !== undefined).length;
      };
      const before = await endedNow();
      const wanted = Math.min(before + 20, targets.length);
      await until("the work to go on after the last kill", async () => (await endedNow()) >= wanted, {
        periodMs: 1_000,
      });
      const { records, lost, doubled } = await tally(world.cluster, { targets, answered });
      expect({ lost, doubled, records: records.length }).toEqual({ lost: [], doubled: [], records: targets.length });
      expect(new Set(records.map(({ spec }) => spec.sequence))).toEqual(new Set([1]));
    },
    // As in production: at the pace of tests a thousand waiting records would each be judged anew every second.
    () => ({ args: ["--pace", "normal"] }),
  );
});
