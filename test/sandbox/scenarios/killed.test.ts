/**
 * kill -9 at its requests, then a new run: judged by the audit log. Some requests in every run of the suite; each one of
 * them, before and after, with `npm run test:killed`.
 */
import { describe, expect, inject, it } from "vitest";
import { crashOnN4 } from "../../scenarios/daemonset-rollout/one-node.ts";
import { pullFails } from "../../scenarios/daemonset-rollout/refusals.ts";
import type { Healing } from "../../scenarios/heal.ts";
import { expectReplay, startHeal } from "../../scenarios/heal.ts";
import { withCluster } from "../../scenarios/play.ts";
import { recordFor } from "../../scenarios/record.ts";
import { writesOn } from "../../scenarios/run-scenario.ts";
import type { Stage } from "../../scenarios/stage.ts";
import { createAgent, untilPods, untilRolledOut } from "../../scenarios/stage.ts";
import { healer } from "../../support/cluster.ts";
import type { KillingProxy, Moment } from "../../support/killing-proxy.ts";
import { startKillingProxy } from "../../support/killing-proxy.ts";
import { startSandboxCluster } from "../../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");
const every = process.env.OPERARIUS_KILL === "every";
const playground = withCluster(() =>
  // Hundreds of runs on one sandbox: fewer at a time, so that what is judged is the program and not the machine.
  startSandboxCluster({ programEntry, grounds: every ? 3 : 8 }),
);
const flags = ["--rollback", "auto"];

interface Case {
  id: string;
  fault: (stage: Stage) => Promise<void>;
  /** The one write that is made, once, by whichever run comes to it. */
  write: string;
  /** What of the target must come about. */
  end: (stage: Stage) => Promise<void>;
  /** Exit codes and reasons of the run after it. */
  afterwards: readonly string[];
}

const cases: readonly Case[] = [
  {
    id: "S06",
    fault: (stage) => crashOnN4(stage, "crashonce"),
    write: "delete pod on n4",
    end: (stage) => untilRolledOut(stage, "app:ok-2"),
    afterwards: ["0 Recovered", "0 NothingToDo"],
  },
  {
    id: "S07",
    fault: (stage) => crashOnN4(stage, "crash"),
    write: "delete pod on n4",
    end: async (stage) => {
      await untilPods(stage, "3 of 4 ready", (all) => all.filter(({ ready }) => ready).length === 3);
    },
    afterwards: ["1 AlreadyTried", "4 AlreadyTried"],
  },
  {
    id: "S01",
    fault: (stage) => pullFails(stage, "app:bad-2"),
    write: "patch daemonset (rollback)",
    end: (stage) => untilRolledOut(stage, "app:ok-1"),
    afterwards: ["0 Recovered", "0 NothingToDo"],
  },
];

/** Where the program dies: at the request with this number, or at the first that matches. */
type Place = number | RegExp;

interface Killed {
  requests: readonly string[];
  /** What was asked last before the end; undefined when it ran to its own end. */
  last: string | undefined;
}

async function runUntil(stage: Stage, env: Record<string, string>, place: Place, moment: Moment): Promise<Killed> {
  const account = await stage.cluster.account(healer.namespace, healer.name);
  let healing: Healing | undefined;
  let last: string | undefined;
  const proxy: KillingProxy = await startKillingProxy({
    url: stage.cluster.url,
    account,
    moment,
    isLast(request, index) {
      const is = last === undefined && (typeof place === "number" ? index === place : place.test(request));
      if (is) last = request;
      return is;
    },
    kill: () => healing?.program.signal("SIGKILL"),
  });
  try {
    healing = await startHeal(stage, {
      entry: programEntry,
      account: proxy,
      flags,
      env: { ...env, OPERARIUS_ATTEMPT: "1", POD_NAME: `${stage.name}-1` },
    });
    const { signal, stdout, stderr } = await healing.ended;
    // At its very last requests the program can be gone before the signal arrives.
    const wanted = last === undefined ? [undefined] : ["SIGKILL", ...(typeof place === "number" ? [undefined] : [])];
    expect(wanted, `${stdout}${stderr}`).toContain(signal);
    return { requests: [...proxy.requests], last };
  } finally {
    await proxy.stop();
  }
}

async function judge({ write, end, afterwards }: Case, stage: Stage, env: Record<string, string>) {
  const before = (await writesOn(stage)).map(({ words }) => words);
  expect([[], [write]]).toContainEqual(before);
  const healing = await startHeal(stage, {
    entry: programEntry,
    flags,
    env: { ...env, OPERARIUS_ATTEMPT: "2", POD_NAME: `${stage.name}-2` },
  });
  const { code, stdout, stderr } = await healing.ended;
  const came = `${code} ${healing.receipt()?.verdict?.reason}`;
  const all = (await writesOn(stage)).map(({ words }) => words);
  expect(all, `${stdout}${stderr}`).toEqual([write]);
  expect(afterwards, `${stdout}${stderr}`).toContain(came);
  await end(stage);
  await expectReplay(healing, programEntry);
}

async function play(given: Case, place: Place, moment: Moment): Promise<Killed> {
  const where = typeof place === "number" ? String(place) : place.source.replace(/[^a-z]+/gi, "-").toLowerCase();
  return playground.grounds().on(`${given.id}-${moment}-${where}`, async (stage) => {
    await createAgent(stage);
    await given.fault(stage);
    const env = await recordFor(stage);
    const killed = await runUntil(stage, env, place, moment);
    await judge(given, stage, env);
    return killed;
  });
}

const lease = /^(?:POST|PUT) .*\/leases/;
const deletion = /^DELETE .*\/pods\//;
const patch = /^PATCH .*\/daemonsets\//;
const receipt = /^POST .*\/receipts$/;

function someRequests(): void {
  const places: readonly [string, RegExp, Moment][] = [
    ["S06", lease, "after"],
    ["S06", deletion, "after"],
    ["S06", receipt, "before"],
    ["S07", lease, "before"],
    ["S07", deletion, "before"],
    ["S07", receipt, "after"],
    ["S01", lease, "after"],
    ["S01", patch, "before"],
    ["S01", patch, "after"],
  ];
  it.concurrent.for(places)("%s at %s (%s): at most one write, and the right end", async ([id, place, moment]) => {
    const given = cases.find((each) => each.id === id);
    if (given === undefined) throw new Error(`there is no case ${id}`);
    expect((await play(given, place, moment)).last).toMatch(place);
  });
}

function everyRequest(): void {
  it.concurrent.for(cases)("$id", { timeout: 3_600_000 }, async (given) => {
    // Beyond its last request it ends by itself: that run says how many there are.
    const whole = await play(given, Number.MAX_SAFE_INTEGER, "before");
    expect(whole.last).toBeUndefined();
    expect(whole.requests.length).toBeGreaterThan(10);
    const runs = whole.requests.flatMap((_, index) =>
      (["before", "after"] as const).map((moment) => ({ index, moment })),
    );
    const ends = await Promise.allSettled(runs.map(({ index, moment }) => play(given, index, moment)));
    const failures = ends.flatMap((end, index) =>
      end.status === "rejected" ? [`${JSON.stringify(runs[index])}: ${String(end.reason)}`] : [],
    );
    expect(failures).toEqual([]);
  });
}

describe(
  every ? "kill -9 at every request, before and after, then a new run" : "kill -9, then a new run",
  every ? everyRequest : someRequests,
);
