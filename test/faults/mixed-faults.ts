/** Every kind of fault at once, while many targets fire and each is delivered six times: for the sandbox and a real API server. */
import { expect } from "vitest";
import { isTerminal } from "../../src/operarius/remediation.ts";
import { mixed } from "../support/faults.ts";
import { until } from "../support/until.ts";
import { deliveriesFor, targetNames } from "./alerts.ts";
import { deliverAll } from "./sender.ts";
import { recordsFor, tally } from "./tally.ts";
import type { World } from "./world.ts";

/** Two replicas; two senders with three times every delivery. Rejects when something was lost, doubled, or does not end. */
export async function playMixedFaults(
  world: World,
  play: { operarius: string; targets: number; share: number },
): Promise<void> {
  const targets = targetNames(play.operarius, play.targets);
  const deliveries = deliveriesFor(play.operarius, targets, 3);
  await world.withFleet(2, async ({ urls }) => {
    world.proxy.use(mixed(play.share));
    const delivered = await deliverAll(deliveries, { ...world, urls, times: 3, lanes: 4 });
    expect(new Set(delivered.map(({ tries }) => tries.at(-1)?.code))).toEqual(new Set([200]));
    const answered = new Set(delivered.flatMap((each) => each.targets));
    const early = await tally(world.cluster, { targets, answered });
    expect(early.lost).toEqual([]);
    let open: string[] = [];
    await until(
      "every record to end while the faults go on",
      async () => {
        const records = await recordsFor(world.cluster, targets);
        open = records
          .filter(({ status }) => !isTerminal(status?.phase))
          .map(({ metadata, status }) => `${metadata.name} ${status?.phase} ${status?.reason}`);
        return open.length === 0;
      },
      { withinMs: 180_000, periodMs: 1_000, seen: () => ({ open, fates: world.proxy.fates() }) },
    );
    const { records, jobs, lost, doubled } = await tally(world.cluster, { targets, answered });
    expect({ lost, doubled }).toEqual({ lost: [], doubled: [] });
    expect({ records: records.length, jobs: jobs.length }).toEqual({ records: targets.length, jobs: targets.length });
    expect(new Set(records.map(({ status }) => status?.phase))).toEqual(new Set(["Succeeded"]));
    const fates = world.proxy.fates();
    console.log(`faults: ${play.operarius}: ${JSON.stringify(fates)}`);
    for (const kind of ["refused", "delayed", "reset", "answer-lost"]) expect(fates[kind]).toBeGreaterThan(0);
  });
}
