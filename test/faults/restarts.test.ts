/** What happens to the server itself: rolling restarts, clocks that differ, nowhere to write its log. */
import { closeSync, existsSync, openSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../../scripts/cluster/ports.ts";
import type { Program } from "../support/program.ts";
import { startProgram } from "../support/program.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { until } from "../support/until.ts";
import { deliveriesFor, shortOperarius, targetNames } from "./alerts.ts";
import { deliver, deliverAll, tryOnce } from "./sender.ts";
import { skewedBy } from "./skew.ts";
import { untilAllSucceeded } from "./tally.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

const entry = inject("programEntry");
let world: World;

beforeAll(async () => {
  const cluster = await startSandboxCluster({ programEntry: entry });
  const operarii = ["rolling", "skewed", "full", "closed"].map(shortOperarius);
  world = await startWorld(cluster, { entry, operarii });
});
afterAll(() => world?.stop());

describe("a rolling restart", () => {
  it("of three replicas fails no delivery but those that nobody took; lost 0, doubled 0", async () => {
    const targets = targetNames("rolling", 60);
    const deliveries = deliveriesFor("rolling", targets, 2);
    await world.withFleet(3, async (fleet) => {
      let isOver = false;
      const roll = async (): Promise<(number | undefined)[]> => {
        const codes: (number | undefined)[] = [];
        for (const number of [0, 1, 2]) {
          codes.push(await fleet.terminate(number));
          await fleet.start(number);
        }
        isOver = true;
        return codes;
      };
      const rolling = roll();
      const options = { ...world, urls: fleet.urls, times: 1, lanes: 2 };
      const delivered = await deliverAll(deliveries, options);
      while (!isOver) delivered.push(...(await deliverAll(deliveries.slice(0, 5), options)));
      expect(await rolling).toEqual([0, 0, 0]);
      const failures = delivered.flatMap(({ tries }) => tries.slice(0, -1));
      // A try that was begun is answered; one that nobody listens to, or that meets a connection being closed, is not begun.
      const others = failures.map(({ code, text }) => `${code} ${text}`);
      expect(others.filter((each) => !/ECONNREFUSED|other side closed/.test(each))).toEqual([]);
      await untilAllSucceeded(world.cluster, targets);
    });
  });
});

/** Ten minutes behind, right, ten minutes ahead. */
const skews = [-600_000, 0, 600_000];

describe("clocks that differ by twenty minutes", () => {
  it("two of three replicas are wrong, one is killed: one record and one Job each, and all end", async () => {
    const targets = targetNames("skewed", 30);
    const deliveries = deliveriesFor("skewed", targets, 2);
    await world.withFleet(
      3,
      async (fleet) => {
        const sending = deliverAll(deliveries, { ...world, urls: fleet.urls, times: 2, lanes: 2 });
        await fleet.kill(1);
        await fleet.start(1);
        await sending;
        await untilAllSucceeded(world.cluster, targets);
      },
      (number) => skewedBy(skews[number] ?? 0),
    );
  });
});

describe("a log that cannot be written", () => {
  interface Silent {
    url: string;
    program: Program;
  }

  /** Nothing can be read from it, so its port is chosen for it. */
  async function startSilent(outputTo: number): Promise<Silent> {
    const port = await freePort(undefined);
    const { kubeconfig, home } = world.options();
    const program = startProgram({
      entry,
      args: ["serve", "--pace", "fast", "--addr", `127.0.0.1:${port}`, "--kubeconfig", kubeconfig],
      env: { HOME: home },
      outputTo,
      killAfterMs: 120_000,
    });
    const url = `http://127.0.0.1:${port}`;
    let end: string | undefined;
    program.ended.then(
      ({ code, signal }) => {
        end = `ended with ${code ?? signal}`;
      },
      (error: unknown) => {
        end = String(error);
      },
    );
    await until("the server to be ready", () => {
      if (end !== undefined) throw new Error(`the server ${end}`);
      return fetch(`${url}/readiness`).then(
        ({ status }) => status === 200,
        () => false,
      );
    });
    return { url, program };
  }

  async function works(operarius: string, { url, program }: Silent): Promise<void> {
    const targets = targetNames(operarius, 4);
    for (const delivery of deliveriesFor(operarius, targets, 2)) {
      await deliver(delivery, { ...world, urls: () => [url], patienceMs: 20_000 });
    }
    expect((await tryOnce(url, "{")).code).toBe(400);
    await untilAllSucceeded(world.cluster, targets);
    program.signal("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 0 });
  }

  it.skipIf(!existsSync("/dev/full"))("because the disk is full: the server goes on working", async () => {
    const full = openSync("/dev/full", "w");
    try {
      await works("full", await startSilent(full));
    } finally {
      closeSync(full);
    }
  });

  it("because nobody reads the pipe any more: the server goes on working", async () => {
    await world.withFleet(1, async (fleet) => {
      const { url, program } = fleet.replica(0);
      program.closeOutput();
      await works("closed", { url, program });
    });
  });
});
