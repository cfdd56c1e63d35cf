/** The API server falls silent, is slow, is away: nothing is lost, nothing is done twice, no 200 is false. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { everyWatch } from "../support/faults.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { until } from "../support/until.ts";
import { deliveriesFor, shortOperarius, targetNames } from "./alerts.ts";
import { deliver, tryOnce } from "./sender.ts";
import { tally, untilAllSucceeded } from "./tally.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

const entry = inject("programEntry");
const operarii = ["silent", "expired", "parted", "slow"];
let world: World;

beforeAll(async () => {
  const cluster = await startSandboxCluster({ programEntry: entry });
  world = await startWorld(cluster, { entry, operarii: operarii.map(shortOperarius) });
});
afterAll(() => world?.stop());

describe("watches", () => {
  it("that are silenced while Jobs run are given up in time, and every record ends", async () => {
    const targets = targetNames("silent", 5);
    await world.withFleet(1, async ({ urls }) => {
      world.proxy.silenceWatches();
      for (const delivery of deliveriesFor("silent", targets, 5)) await deliver(delivery, { ...world, urls });
      await untilAllSucceeded(world.cluster, targets);
    });
  });

  it("that always end with 410 leave the lists, and every record ends", async () => {
    const targets = targetNames("expired", 5);
    await world.withFleet(1, async ({ urls }) => {
      world.proxy.use(everyWatch({ kind: "expired" }));
      const before = world.proxy.seen.length;
      const began = performance.now();
      for (const delivery of deliveriesFor("expired", targets, 5)) await deliver(delivery, { ...world, urls });
      await untilAllSucceeded(world.cluster, targets);
      // Back-off: three kinds of objects, and a list after each watch that failed.
      const watches = world.proxy.seen.slice(before).filter(({ isWatch }) => isWatch).length;
      expect(watches / ((performance.now() - began) / 1000)).toBeLessThan(10);
    });
  });
});

describe("an API server that is away", () => {
  it("no delivery gets a 200 meanwhile; afterwards all is recorded and the server is ready all the while", async () => {
    const targets = targetNames("parted", 8);
    const deliveries = deliveriesFor("parted", targets, 2);
    await world.withFleet(2, async ({ urls }) => {
      world.proxy.part();
      const tries = await Promise.all(deliveries.map(({ body }, index) => tryOnce(urls()[index % 2] ?? "", body)));
      expect(tries.map(({ code }) => code)).toEqual(tries.map(() => 503));
      expect(tries.map(({ retryAfter }) => Number(retryAfter) > 0)).toEqual(tries.map(() => true));
      for (const url of urls()) expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await tally(world.cluster, { targets, answered: new Set() })).records).toEqual([]);
      const sending = Promise.all(deliveries.map((delivery) => deliver(delivery, { ...world, urls })));
      await until("the senders to have tried in vain", () => world.proxy.refusals() > 20);
      world.proxy.rejoin();
      await sending;
      await untilAllSucceeded(world.cluster, targets);
    });
  });

  it("a server that starts meanwhile is alive and not ready, takes nothing, and works as soon as it can", async () => {
    const targets = targetNames("parted-start", 2);
    const [delivery] = deliveriesFor("parted", targets, 2);
    if (delivery === undefined) throw new Error("there is no delivery");
    world.proxy.part();
    const starting = world.withFleet(1, async ({ urls }) => {
      await deliver(delivery, { ...world, urls });
      await untilAllSucceeded(world.cluster, targets);
    });
    await until("it to have tried in vain", () => world.proxy.refusals() > 3);
    world.proxy.rejoin();
    await starting;
  });
});

describe("a slow API server", () => {
  it("a delivery that cannot be recorded in time gets 503 at the write timeout, and is recorded by the next ones", async () => {
    const targets = targetNames("slow", 4);
    const [delivery] = deliveriesFor("slow", targets, 4);
    if (delivery === undefined) throw new Error("there is no delivery");
    await world.withFleet(
      1,
      async ({ urls }) => {
        world.proxy.use([{ fault: { kind: "delayed", ms: 1_500 }, share: 1 }]);
        const first = await tryOnce(urls()[0] ?? "", delivery.body);
        expect(first).toMatchObject({ code: 503, text: expect.stringContaining("--writeTimeout") });
        expect(Number(first.retryAfter)).toBeGreaterThan(0);
        world.proxy.use([{ fault: { kind: "delayed", ms: 300 }, share: 1 }]);
        await deliver(delivery, { ...world, urls });
        await untilAllSucceeded(world.cluster, targets);
      },
      () => ({ args: ["--writeTimeout", "2s"] }),
    );
  });
});
