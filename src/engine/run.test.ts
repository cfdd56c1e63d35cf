import { describe, expect, it } from "vitest";
import { anIntent, HOUR, NOW } from "../../test/support/daemonset-builders.ts";
import type { FakeScene } from "../../test/support/fake-run.ts";
import { acts, declines, deletion, healthy, ill, moving, rollback, runFake } from "../../test/support/fake-run.ts";
import { TransportError } from "../kube/errors.ts";
import { Interrupted, Stalled, TargetMoved } from "./errors.ts";
import { settingsFor } from "./settings.ts";
import type { PlanContext, Step } from "./types.ts";

const oneStep = acts("plan-1");
const wanted = acts("plan-r", { steps: [rollback], needsApproval: true });
const writes = (log: readonly string[]) => log.filter((line) => line.startsWith("write"));

describe("without a write", () => {
  it("healthy for long enough: recovered, nothing to do, the ledger untouched", async () => {
    const { outcome, log } = await runFake({ looks: [healthy()] });
    expect(outcome.verdict).toMatchObject({ kind: "recovered", reason: "NothingToDo" });
    expect(log).toEqual(["look", "stop"]);
  });

  it("healthy for a moment: waits for the soak", async () => {
    const { outcome, took } = await runFake({ looks: [healthy(10_000, 12_000), healthy(12_000, 12_000)] });
    expect(outcome.verdict.kind).toBe("recovered");
    expect(took).toBe(2000);
  });

  it("a soak beyond the budget: waiting, with the time", async () => {
    const { outcome } = await runFake({ looks: [healthy(0, 900_000)] });
    expect(outcome.verdict).toMatchObject({ kind: "waiting", reason: "Soaking", recheckAfterMs: 900_000 });
  });

  it("is not recovered on a view that the API server does not confirm", async () => {
    const { outcome, took } = await runFake({ looks: [healthy()], confirms: [false, false] });
    expect(outcome.verdict.kind).toBe("recovered");
    expect(took).toBe(2000);
    const never = await runFake({ looks: [healthy()], confirms: Array.from({ length: 1000 }, () => false) });
    expect(never.outcome.verdict).toMatchObject({ kind: "waiting", reason: "ViewStale" });
  });

  it("a relapse during the soak begins anew", async () => {
    const { outcome } = await runFake({ looks: [healthy(0, 30_000), moving(1000), healthy(60_000, 30_000)] });
    expect(outcome.verdict.kind).toBe("recovered");
  });

  it("healthy by diagnosis, never by verification: ends with the time", async () => {
    const never = { ...healthy(), health: { healthy: false as const, reason: "NotRolledOut", message: "not yet" } };
    const { outcome, took } = await runFake({ looks: [never] });
    expect(outcome.verdict).toMatchObject({ kind: "waiting", reason: "NotRolledOut" });
    expect(took).toBeLessThanOrEqual(settingsFor("normal").timeoutMs);
  });

  it("moving: looks again when it counts, and gives up waiting for what comes after the budget", async () => {
    expect((await runFake({ looks: [moving(3000), healthy()] })).took).toBe(3000);
    const { outcome, took } = await runFake({ looks: [moving(600_000, true)] });
    expect(outcome.verdict).toMatchObject({ kind: "waiting", reason: "Progressing", recheckAfterMs: 600_000 });
    expect(took).toBe(0);
  });

  it("moving: stays for what may be well at any moment, even if it would count as stuck only after the budget", async () => {
    const { outcome } = await runFake({ looks: [moving(600_000), moving(590_000), healthy()] });
    expect(outcome.verdict.kind).toBe("recovered");
  });

  it("looks at least every five seconds, and ends within its budget", async () => {
    const { outcome, took, log } = await runFake({ looks: [moving(100_000)] });
    expect(outcome.verdict.kind).toBe("waiting");
    expect(took).toBeLessThanOrEqual(settingsFor("normal").timeoutMs);
    expect(log.filter((line) => line === "look").length).toBeGreaterThan(30);
  });

  it("declines at once, with the plan's reason", async () => {
    const { outcome, log } = await runFake({ looks: [ill(declines("NodeDown"))] });
    expect(outcome.verdict).toEqual({ kind: "declined", reason: "NodeDown", message: "NodeDown, it says." });
    expect(log).toEqual(["look", "read ledger", "stop"]);
  });

  it.each([
    ["a target that is gone", [new Stalled("NotFound", "no such DaemonSet")], Stalled],
    ["no answer", [new TransportError("connection refused")], TransportError],
  ])("%s is thrown, and the view is closed", async (_name, looks, want) => {
    await expect(runFake({ looks })).rejects.toBeInstanceOf(want);
  });
});

describe("a write", () => {
  it("comes after two equal looks, the ledger and the pause switch, in this order", async () => {
    const { outcome, log, took } = await runFake({ looks: [ill(oneStep), ill(oneStep), healthy()] });
    expect(log).toEqual([
      "look",
      "read ledger",
      "sleep 30000",
      "look",
      "pause?",
      "begin delete-pod n1",
      "read others",
      "write delete on n1",
      "announce delete on n1",
      "end",
      "look",
      "stop",
    ]);
    expect(outcome).toMatchObject({
      verdict: { kind: "recovered", reason: "Recovered" },
      writes: [{ step: deletion(), generation: 2 }],
    });
    expect(outcome.actedOn?.plan).toEqual(oneStep);
    expect(took).toBe(30_200);
  });

  it("does not come when the second look is well", async () => {
    const { outcome, log } = await runFake({ looks: [ill(oneStep), healthy()] });
    expect(writes(log)).toEqual([]);
    expect(outcome.verdict.reason).toBe("NothingToDo");
  });

  it("another plan at the second look is dwelt on, too", async () => {
    const { log } = await runFake({ looks: [ill(oneStep), ill(acts("plan-2")), ill(acts("plan-2")), healthy()] });
    expect(log.filter((line) => line === "sleep 30000")).toHaveLength(2);
    expect(writes(log)).toHaveLength(1);
  });

  it("a plan that is another one at every look: TargetMoving", async () => {
    const looks = ["a", "b", "c", "d", "e", "f"].map((digest) => ill(acts(digest)));
    const settings = settingsFor("fast");
    const { outcome, log } = await runFake({ looks, settings });
    expect(outcome.verdict).toMatchObject({ kind: "declined", reason: "TargetMoving" });
    expect(writes(log)).toEqual([]);
  });

  it("later waves need no dwell of their own", async () => {
    const second = acts("plan-2", { steps: [deletion("n2")] });
    const { log } = await runFake({ looks: [ill(oneStep), ill(oneStep), ill(second), healthy()] });
    expect(log.filter((line) => line.startsWith("sleep"))).toHaveLength(1);
    expect(writes(log)).toEqual(["write delete on n1", "write delete on n2"]);
  });

  it("the plan knows what the run itself has written", async () => {
    const seen: number[] = [];
    const look = ill(({ intents }) => {
      seen.push(intents.length);
      return intents.length > 1 ? declines("AlreadyTried") : oneStep;
    });
    const { outcome } = await runFake({ looks: [look], before: [anIntent({ at: NOW - 5 * HOUR })] });
    expect(seen.slice(0, 3)).toEqual([1, 1, 2]);
    expect(outcome.intents).toHaveLength(2);
    expect(outcome.intents[1]).toMatchObject({
      kind: "delete-pod",
      node: "n1",
      trouble: "CrashLoop",
      pod: "uid-n1",
      cause: "C04",
      templateHash: "template-2",
    });
  });

  it("what looks bad afterwards must last before it counts", async () => {
    const looks = [ill(oneStep), ill(oneStep), ill(declines("AlreadyTried"))];
    const { outcome, took } = await runFake({ looks });
    expect(outcome.verdict).toMatchObject({ kind: "partial", reason: "AlreadyTried" });
    expect(took).toBeGreaterThanOrEqual(30_000 + 30_000);
    const none = await runFake({ looks: [...looks.slice(0, 2), ill(declines("AlreadyTried"), { works: false })] });
    expect(none.outcome.verdict.kind).toBe("failed");
  });

  it("and when it was well in between, it must last anew", async () => {
    const looks = [
      ill(oneStep),
      ill(oneStep),
      ill(declines("X")),
      ill(declines("X")),
      moving(1000),
      ill(declines("X")),
      healthy(),
    ];
    expect((await runFake({ looks })).outcome.verdict.kind).toBe("recovered");
  });

  it("does not begin when too little time is left", async () => {
    const { outcome, log } = await runFake({
      looks: [ill(oneStep)],
      settings: settingsFor("normal", { timeoutMs: 60_000 }),
    });
    expect(outcome.verdict).toMatchObject({ kind: "declined", reason: "TimeoutTooShort" });
    expect(writes(log)).toEqual([]);
  });

  describe("and a step that the strategy demands even of a healthy target", () => {
    const restart: Step = { kind: "restart", reason: "StrategyRestart", summary: "restart" };
    const isPossible = ({ intents, mayPatchTemplate }: PlanContext) =>
      mayPatchTemplate && !intents.some(({ kind }) => kind === "restart");
    const owing = {
      ...healthy(),
      plan: (context: PlanContext) =>
        isPossible(context) ? acts("plan-s", { steps: [restart] }) : declines("NotPossible"),
    };

    it("comes after the write, dwelt on like every template write", async () => {
      const { outcome, log } = await runFake({ looks: [ill(oneStep), ill(oneStep), owing] });
      expect(writes(log)).toEqual(["write delete on n1", "write restart"]);
      expect(log.filter((line) => line.startsWith("sleep"))).toHaveLength(2);
      expect(outcome.verdict).toMatchObject({ kind: "recovered", reason: "Recovered" });
    });

    it.each<[string, Partial<FakeScene>]>([
      ["when a guard refuses it", { looks: [{ ...owing, facts: { controller: "Operator/agent" } }] }],
      ["when there is no right to it", { looks: [owing], mayPatchTemplate: () => Promise.resolve(false) }],
      ["when too little time is left", { looks: [owing], settings: settingsFor("normal", { timeoutMs: 95_000 }) }],
    ])("is left out %s, and the repair counts", async (_name, { looks = [], ...rest }) => {
      const { outcome, log } = await runFake({ looks: [ill(oneStep), ill(oneStep), ...looks], ...rest });
      expect(writes(log)).toEqual(["write delete on n1"]);
      expect(outcome.verdict.kind).toBe("recovered");
    });

    it("is not owed when this run has written nothing", async () => {
      const { outcome, log } = await runFake({ looks: [owing] });
      expect(writes(log)).toEqual([]);
      expect(outcome.verdict.reason).toBe("NothingToDo");
    });
  });

  it("what it waits for afterwards may come after the budget", async () => {
    const waits = ill({
      kind: "wait",
      reason: "Waiting",
      message: "w",
      recheckAfterMs: 1000,
      notes: { delete: "", template: "" },
    });
    const { outcome } = await runFake({ looks: [ill(oneStep), ill(oneStep), waits] });
    expect(outcome.verdict.kind).toBe("waiting");
  });
});

describe("a target that moves", () => {
  const refuse = (times: number, error: Error = new TargetMoved("the pod changed")) => {
    let left = times;
    return (_step: unknown, generation: number) => {
      left -= 1;
      if (left >= 0) throw error;
      return generation;
    };
  };

  it("is looked at, dwelt on and planned for again, with the ledger read anew", async () => {
    const { outcome, log } = await runFake({
      looks: [ill(oneStep), ill(oneStep), ill(oneStep), ill(oneStep), healthy()],
      apply: refuse(1),
    });
    expect(outcome.verdict.kind).toBe("recovered");
    expect(log.filter((line) => line === "read ledger")).toHaveLength(2);
    expect(log.filter((line) => line === "sleep 30000")).toHaveLength(2);
    expect(log).toContain("end without 1");
  });

  it("four times: a person is asked, nothing was written", async () => {
    const { outcome, progress } = await runFake({
      looks: [ill(oneStep)],
      apply: refuse(9),
      settings: settingsFor("fast"),
    });
    expect(outcome.verdict).toMatchObject({
      kind: "declined",
      reason: "TargetMoving",
      message: "The target keeps changing: the pod changed.",
    });
    expect(outcome.writes).toEqual([]);
    expect(outcome.intents).toEqual([]);
    expect(progress.filter(({ kind }) => kind === "moved")).toHaveLength(4);
  });

  it("after a write of ours it is not called declined", async () => {
    let first = true;
    const apply = (_step: unknown, generation: number): number => {
      if (!first) throw new TargetMoved("the pod changed");
      first = false;
      return generation;
    };
    const { outcome } = await runFake({ looks: [ill(oneStep)], apply, settings: settingsFor("fast") });
    expect(outcome.verdict).toMatchObject({ kind: "partial", reason: "TargetMoving" });
    expect(outcome.writes).toHaveLength(1);
  });

  it.each(["TargetGone", "TargetReplaced"])(
    "one that goes away after a write leaves its record: %s",
    async (reason) => {
      const { outcome } = await runFake({ looks: [ill(oneStep), ill(oneStep), new Stalled(reason, "it is gone")] });
      expect(outcome).toMatchObject({ verdict: { kind: "failed", reason }, writes: [{ generation: 2 }] });
    },
  );

  it("one that goes away before a write is declined, with what was seen on record", async () => {
    const { outcome } = await runFake({ looks: [ill(oneStep), new Stalled("TargetGone", "it is gone")] });
    expect(outcome).toMatchObject({ verdict: { kind: "declined", reason: "TargetGone" }, writes: [] });
    expect(outcome.last).toBeDefined();
  });
});

describe("what stands in the way", () => {
  const paused = () => Promise.reject(new Stalled("Paused", "paused"));
  it.each<[string, Partial<FakeScene>, string]>([
    ["pause", { assertNotPaused: paused }, "Paused"],
    [
      "a ledger that cannot be read",
      { ledger: { read: () => Promise.reject(new Stalled("LedgerUnreadable", "no")) } },
      "LedgerUnreadable",
    ],
    [
      "a ledger that cannot be written",
      { ledger: { begin: () => Promise.reject(new Stalled("LedgerUnwritable", "no")) } },
      "LedgerUnwritable",
    ],
    [
      "missing rights",
      {
        apply: () => {
          throw new Stalled("MissingRight", "no");
        },
      },
      "MissingRight",
    ],
    ["a guard", { ownNode: "n1", looks: [ill(oneStep, { facts: { troubledNodes: ["n1"] } })] }, "SelfNode"],
    [
      "an unreadable policy",
      { looks: [ill(oneStep, { facts: { annotations: { "operarius.openfero.io/delete": "perhaps" } } })] },
      "PolicyUnreadable",
    ],
  ])("%s: declined, nothing written", async (_name, scene, reason) => {
    const { outcome, log } = await runFake({ looks: [ill(oneStep)], settings: settingsFor("fast"), ...scene });
    expect(outcome.verdict).toMatchObject({ kind: "declined", reason });
    expect(outcome.writes).toEqual([]);
    expect(writes(log)).toEqual([]);
  });

  it("a guard that is not evaluated is told and allows one pod", async () => {
    const unread = { facts: { namespaceAnnotations: undefined } };
    const { outcome, progress } = await runFake({ looks: [ill(oneStep, unread), ill(oneStep, unread), healthy()] });
    expect(outcome.writes).toHaveLength(1);
    expect(outcome.guards.find(({ name }) => name === "OptOut")?.result.kind).toBe("not-evaluated");
    expect(progress.some(({ kind }) => kind === "guards")).toBe(true);
  });

  it("annotations lower the policies, and that is told", async () => {
    const looks = [
      ill(({ policies }) => declines(`rollback-${policies.rollback}`), {
        facts: { annotations: { "operarius.openfero.io/rollback": "off" } },
      }),
    ];
    const { outcome, progress } = await runFake({ looks, policies: { rollback: "auto" } });
    expect(outcome.verdict.reason).toBe("rollback-off");
    expect(progress.find((each) => each.kind === "policies")).toMatchObject({
      notes: [expect.stringContaining("lowered from auto to off")],
    });
  });

  it("rights are asked for once, and only by a plan that needs them", async () => {
    let asked = 0;
    const mayPatchTemplate = () => {
      asked += 1;
      return Promise.resolve(false);
    };
    await runFake({ looks: [ill(oneStep), ill(oneStep), healthy()], mayPatchTemplate });
    expect(asked).toBe(0);
    const look = ill((context) => (context.mayPatchTemplate ? wanted : declines("MissingRight")));
    const { outcome } = await runFake({ looks: [look], mayPatchTemplate, approval: { kind: "record" } });
    expect([asked, outcome.verdict.reason]).toEqual([1, "MissingRight"]);
  });
});

describe("mode approve", () => {
  const policies = { mode: "approve", rollback: "auto" } as const;
  const record = { kind: "record" } as const;
  const touch: Step = { kind: "touch", reason: "StatusStale", summary: "touch" };

  it.each<[string, Step]>([
    ["a deletion", deletion()],
    ["a rollback under rollback auto", rollback],
    ["a restart", { kind: "restart", reason: "StrategyRestart", summary: "restart" }],
    ["a touch", touch],
  ])("%s waits for a person, and the ledger stays as it is", async (_name, step) => {
    const looks = [ill(acts("plan-1", { steps: [step] }))];
    const { outcome, log } = await runFake({ looks, policies, approval: record });
    expect(outcome.verdict).toMatchObject({ kind: "awaiting-approval", planDigest: "plan-1" });
    expect(outcome.verdict.message).toContain("In mode approve a person must agree");
    expect([outcome.writes, writes(log), log.filter((line) => line.startsWith("begin"))]).toEqual([[], [], []]);
  });

  it("an approved plan is carried out", async () => {
    const looks = [ill(oneStep), ill(oneStep), healthy()];
    const { outcome, log } = await runFake({ looks, policies, approval: record, approvedPlan: "plan-1" });
    expect(outcome.verdict.kind).toBe("recovered");
    expect(writes(log)).toEqual(["write delete on n1"]);
  });

  it.each<[string, string]>([
    ["the wave that follows", "plan-2"],
    ["the same again", "plan-1"],
  ])("%s is asked for anew", async (_name, next) => {
    const wave = ill(acts(next, { steps: [deletion("n2")] }));
    const looks = [ill(oneStep), ill(oneStep), wave, wave, wave];
    const { outcome, log } = await runFake({ looks, policies, approval: record, approvedPlan: "plan-1" });
    expect(outcome.verdict).toMatchObject({ kind: "awaiting-approval", planDigest: next });
    expect(writes(log)).toEqual(["write delete on n1"]);
  });

  it("at the terminal: asked for each wave", async () => {
    const asked: string[] = [];
    const ask = ({ digest }: { digest: string }) => {
      asked.push(digest);
      return Promise.resolve(true);
    };
    const wave = ill(acts("plan-2", { steps: [deletion("n2")] }));
    const looks = [ill(oneStep), ill(oneStep), ill(oneStep), wave, wave, healthy()];
    const { log } = await runFake({ looks, policies, approval: { kind: "ask", ask } });
    expect(writes(log)).toEqual(["write delete on n1", "write delete on n2"]);
    expect(asked).toEqual(["plan-1", "plan-2"]);
  });

  it("where nobody can agree, nothing is done", async () => {
    const { outcome } = await runFake({ looks: [ill(oneStep)], policies });
    expect(outcome).toMatchObject({ verdict: { kind: "declined", reason: "ModeApprove" }, writes: [] });
  });

  it("the remedy's own plan and what became of it are both on record, so that it replays", async () => {
    const { outcome } = await runFake({ looks: [ill(oneStep)], policies, approval: record });
    expect(outcome.last).toMatchObject({ proposed: { needsApproval: false }, plan: { needsApproval: true } });
    expect(outcome.last?.context?.policies.mode).toBe("approve");
  });
});

describe("approval", () => {
  const looks = [ill(wanted), ill(wanted), ill(wanted), healthy()];

  it("by the record: ends with the digest, nothing written", async () => {
    const { outcome } = await runFake({ looks, approval: { kind: "record" } });
    expect(outcome).toMatchObject({ verdict: { kind: "awaiting-approval", planDigest: "plan-r" }, writes: [] });
  });

  it("of exactly this plan: carried out", async () => {
    for (const approval of [{ kind: "record" } as const, { kind: "none" } as const]) {
      const { outcome } = await runFake({
        looks: [ill(wanted), ill(wanted), healthy()],
        approval,
        approvedPlan: "plan-r",
      });
      expect(outcome.writes.map(({ step }) => step.kind)).toEqual(["rollback"]);
    }
  });

  it("of another plan: asks for this one", async () => {
    const { outcome } = await runFake({ looks, approval: { kind: "record" }, approvedPlan: "plan-other" });
    expect(outcome).toMatchObject({ verdict: { kind: "awaiting-approval", planDigest: "plan-r" }, writes: [] });
  });

  it("of another plan: nor does this run do anything else instead", async () => {
    const { outcome } = await runFake({ looks: [ill(oneStep)], approval: { kind: "record" }, approvedPlan: "plan-r" });
    expect(outcome).toMatchObject({ verdict: { kind: "awaiting-approval", planDigest: "plan-1" }, writes: [] });
  });

  it("at the terminal: asked after the dwell, once", async () => {
    const asked: string[] = [];
    const ask = (digest: string, answer: boolean) => {
      asked.push(digest);
      return Promise.resolve(answer);
    };
    const yes = await runFake({ looks, approval: { kind: "ask", ask: ({ digest }) => ask(digest, true) } });
    expect([yes.outcome.verdict.kind, asked]).toEqual(["recovered", ["plan-r"]]);
    const no = await runFake({ looks, approval: { kind: "ask", ask: ({ digest }) => ask(digest, false) } });
    expect(no.outcome).toMatchObject({ verdict: { kind: "declined", reason: "ApprovalDenied" }, writes: [] });
  });

  it("a plan that changed while the person thought about it is asked for again", async () => {
    const other = acts("plan-s", { steps: [rollback], needsApproval: true });
    const asked: string[] = [];
    const ask = ({ digest }: { digest: string }) => {
      asked.push(digest);
      return Promise.resolve(true);
    };
    await runFake({
      looks: [ill(wanted), ill(wanted), ill(other), ill(other), ill(other), healthy()],
      approval: { kind: "ask", ask },
    });
    expect(asked).toEqual(["plan-r", "plan-s"]);
  });

  it("where nobody can give it, a rollback is only suggested", async () => {
    const look = ill(({ policies }) => declines(`rollback-${policies.rollback}`));
    expect((await runFake({ looks: [look] })).outcome.verdict.reason).toBe("rollback-suggest");
    expect((await runFake({ looks: [look], approval: { kind: "record" } })).outcome.verdict.reason).toBe(
      "rollback-approve",
    );
    expect((await runFake({ looks: [look], policies: { rollback: "auto" } })).outcome.verdict.reason).toBe(
      "rollback-auto",
    );
  });
});

describe("dry runs", () => {
  it("of the client: neither dwell nor ledger nor write", async () => {
    const { outcome, log } = await runFake({ looks: [ill(oneStep)], dryRun: "client" });
    expect(outcome.verdict).toEqual({
      kind: "declined",
      reason: "DryRun",
      message: "There is trouble. It would: delete on n1.",
    });
    expect(log).toEqual(["look", "stop"]);
  });

  it("of the server: the writes are judged, and nothing is on record as written", async () => {
    const { outcome, log, progress } = await runFake({ looks: [ill(oneStep)], dryRun: "server" });
    expect(outcome).toMatchObject({ verdict: { kind: "declined", reason: "DryRun" }, writes: [], intents: [] });
    expect(log).toEqual(["look", "read ledger", "sleep 30000", "look", "pause?", "write delete on n1", "stop"]);
    expect(progress.find((each) => each.kind === "wrote")).toMatchObject({ dryRun: true });
  });

  it("need nobody's approval", async () => {
    const { outcome } = await runFake({ looks: [ill(wanted)], dryRun: "server", approval: { kind: "record" } });
    expect(outcome.verdict.reason).toBe("DryRun");
  });
});

describe("told to stop", () => {
  it("before the first look: thrown", async () => {
    await expect(runFake({ looks: [healthy()], signal: AbortSignal.abort() })).rejects.toBeInstanceOf(Interrupted);
  });

  it("during the dwell: nothing written, and on record", async () => {
    const stop = new AbortController();
    const sleep = () => {
      stop.abort();
      return Promise.resolve();
    };
    const { outcome, log } = await runFake({ looks: [ill(oneStep)], signal: stop.signal, sleep });
    expect(outcome).toMatchObject({ verdict: { kind: "failed", reason: "Interrupted" }, writes: [] });
    expect(writes(log)).toEqual([]);
  });

  it("between two steps: the first is on record, the second is not an attempt", async () => {
    const stop = new AbortController();
    const two = acts("plan-2", { steps: [deletion("n1"), deletion("n2")] });
    const apply = (_step: unknown, generation: number) => {
      stop.abort();
      return generation;
    };
    const { outcome, log } = await runFake({ looks: [ill(two)], signal: stop.signal, apply });
    expect(outcome.verdict.reason).toBe("Interrupted");
    expect(outcome.writes).toHaveLength(1);
    expect(outcome.intents.map(({ node }) => node)).toEqual(["n1"]);
    expect(log.slice(-2)).toEqual(["end without 1", "stop"]);
  });
});
