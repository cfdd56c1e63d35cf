/** What must hold whatever happens to a run: interrupted, killed, doubled, repeated, paused, opted out, not approved. */
import { describe, expect, inject, it } from "vitest";
import { configMaps, daemonSets } from "../../src/kube/resources.ts";
import { degradeAll } from "../scenarios/daemonset-rollout/degraded.ts";
import { crashOnN4 } from "../scenarios/daemonset-rollout/one-node.ts";
import { pullFails } from "../scenarios/daemonset-rollout/refusals.ts";
import type { HealOptions } from "../scenarios/heal.ts";
import { startHeal } from "../scenarios/heal.ts";
import { withCluster } from "../scenarios/play.ts";
import { writesOn } from "../scenarios/run-scenario.ts";
import type { Stage } from "../scenarios/stage.ts";
import { annotateAgent, annotateNamespace, createAgent, untilRolledOut } from "../scenarios/stage.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { until } from "../support/until.ts";

const programEntry = inject("programEntry");
const playground = withCluster(() => startSandboxCluster({ programEntry, grounds: 8 }));
const on = (id: string, play: (stage: Stage) => Promise<void>): Promise<void> => playground.grounds().on(id, play);

async function heal(stage: Stage, options: Omit<HealOptions, "entry"> = {}) {
  const healing = await startHeal(stage, { entry: programEntry, ...options });
  const { code, stdout, stderr } = await healing.ended;
  return { code, output: `${stdout}${stderr}`, verdict: healing.receipt()?.verdict };
}

async function writes(stage: Stage): Promise<string[]> {
  return (await writesOn(stage)).map(({ words }) => words);
}

const auto = ["--rollback", "auto"];
const rollback = "patch daemonset (rollback)";

async function stuckOnBadImage(stage: Stage): Promise<void> {
  await createAgent(stage);
  await pullFails(stage, "app:bad-2");
}

async function stuckOnN4(stage: Stage, fault: "crash" | "crashonce"): Promise<void> {
  await createAgent(stage);
  await crashOnN4(stage, fault);
}

describe("interruptions", () => {
  it.concurrent("a second run over a finished repair writes nothing", () =>
    on("again", async (stage) => {
      await stuckOnBadImage(stage);
      expect((await heal(stage, { flags: auto })).code).toBe(0);
      const second = await heal(stage, { flags: auto });
      expect(second.code, second.output).toBe(0);
      expect(second.verdict).toMatchObject({ kind: "recovered", reason: "NothingToDo" });
      expect(await writes(stage)).toEqual([rollback]);
    }));

  it.concurrent("SIGTERM before the first write: exit 3, nothing written", () =>
    on("term-before", async (stage) => {
      await stuckOnBadImage(stage);
      const healing = await startHeal(stage, { entry: programEntry, flags: [...auto, "--dwell", "30s"] });
      await healing.program.printed(/looking again in 30 s/);
      healing.program.signal("SIGTERM");
      const { code, stdout } = await healing.ended;
      expect(code, stdout).toBe(3);
      expect(stdout).toMatch(/Interrupted/);
      expect(await writes(stage)).toEqual([]);
    }));

  it.concurrent("SIGTERM between two steps: exit 3, the second is not begun", () =>
    on("term-between", async (stage) => {
      await createAgent(stage);
      await degradeAll(stage);
      const healing = await startHeal(stage, { entry: programEntry });
      await healing.program.printed(/done: delete pod/);
      healing.program.signal("SIGTERM");
      const { code, stdout } = await healing.ended;
      expect(code, stdout).toBe(3);
      expect(await writes(stage)).toEqual(["delete pod on n1"]);
    }));

  it.concurrent("kill -9 right after the write: the next run knows and does not delete again", () =>
    on("killed", async (stage) => {
      await stuckOnN4(stage, "crash");
      const healing = await startHeal(stage, { entry: programEntry });
      await until("the deletion", async () => (await writes(stage)).length > 0);
      healing.program.signal("SIGKILL");
      expect(await healing.ended).toMatchObject({ signal: "SIGKILL" });
      const next = await heal(stage);
      expect(next.code, next.output).toBe(4);
      expect(next.verdict).toMatchObject({ kind: "declined", reason: "AlreadyTried" });
      expect(await writes(stage)).toEqual(["delete pod on n4"]);
    }));

  it.concurrent("two runs at once on one target delete once", () =>
    on("twice", async (stage) => {
      await stuckOnN4(stage, "crashonce");
      const both = await Promise.all([heal(stage), heal(stage)]);
      expect(
        both.map(({ code }) => code),
        both.map(({ output }) => output).join("\n--- and ---\n"),
      ).toEqual([0, 0]);
      expect(await writes(stage)).toEqual(["delete pod on n4"]);
      await untilRolledOut(stage, "app:ok-2");
    }));
});

describe("switches", () => {
  it.concurrent("opted out by an annotation on the DaemonSet, then on its namespace", () =>
    on("opt-out", async (stage) => {
      await stuckOnBadImage(stage);
      const key = "operarius.openfero.io/remedy";
      await annotateAgent(stage, { [key]: "disabled" });
      const own = await heal(stage, { flags: auto });
      expect(own, own.output).toMatchObject({ code: 4, verdict: { kind: "declined", reason: "OptedOut" } });
      await annotateAgent(stage, { [key]: null });
      await annotateNamespace(stage, { [key]: "disabled until 2099-01-01T00:00:00Z" });
      const inherited = await heal(stage, { flags: auto });
      expect(inherited, inherited.output).toMatchObject({ code: 4, verdict: { reason: "OptedOut" } });
      await annotateNamespace(stage, { [key]: null });
      await annotateAgent(stage, { "operarius.openfero.io/rollback": "perhaps" });
      const unreadable = await heal(stage, { flags: auto });
      expect(unreadable, unreadable.output).toMatchObject({ code: 4, verdict: { reason: "PolicyUnreadable" } });
      expect(await writes(stage)).toEqual([]);
    }));

  it.concurrent("a rollback waits for the approval of exactly this plan", () =>
    on("approval", async (stage) => {
      await stuckOnBadImage(stage);
      // The variable that the server sets: there is a record on which somebody can approve.
      const env = { OPERARIUS_REMEDIATION: "daemonset-agent-approval-1" };
      const asked = await heal(stage, { flags: ["--rollback", "approve"], env });
      expect(asked, asked.output).toMatchObject({ code: 1, verdict: { kind: "awaiting-approval" } });
      const digest = asked.verdict?.planDigest ?? "";
      expect(digest).not.toBe("");
      const wrong = await heal(stage, { flags: ["--rollback", "approve", "--approved-plan", `${digest}0`], env });
      expect(wrong, wrong.output).toMatchObject({ code: 1, verdict: { kind: "awaiting-approval" } });
      const unrecorded = await heal(stage, { flags: ["--rollback", "approve"] });
      expect(unrecorded, unrecorded.output).toMatchObject({ code: 4, verdict: { reason: "RollbackSuggested" } });
      expect(await writes(stage)).toEqual([]);
      const right = await heal(stage, { flags: ["--rollback", "approve", "--approved-plan", digest], env });
      expect(right, right.output).toMatchObject({ code: 0, verdict: { kind: "recovered" } });
      expect(await writes(stage)).toEqual([rollback]);
    }));

  it.concurrent("policies: no deletion and no rollback where they are off", () =>
    on("policies", async (stage) => {
      await stuckOnBadImage(stage);
      const off = await heal(stage, { flags: ["--rollback", "off", "--delete", "off"] });
      expect(off, off.output).toMatchObject({ code: 4, verdict: { kind: "declined", reason: "RollbackOff" } });
      expect(await writes(stage)).toEqual([]);
    }));

  it.concurrent("--dry-run writes nothing, in the client and on the server", () =>
    on("dry-run", async (stage) => {
      await stuckOnBadImage(stage);
      for (const mode of ["client", "server"]) {
        const { code, verdict, output } = await heal(stage, { flags: [...auto, `--dry-run=${mode}`] });
        expect({ code, reason: verdict?.reason }, output).toEqual({ code: 0, reason: "DryRun" });
      }
      expect(await writes(stage)).toEqual([]);
      const { metadata } = await stage.person.get(daemonSets, { namespace: stage.namespace, name: stage.name });
      expect(metadata.generation).toBe(2);
    }));
});

// Last and alone: the switch stops every run of the installation.
describe("pause", () => {
  it("stops every write, and is read again by a run that has begun", () =>
    on("pause", async (stage) => {
      await stuckOnBadImage(stage);
      const pause = { namespace: "openfero", name: "operarius-pause" };
      const healing = await startHeal(stage, { entry: programEntry, flags: [...auto, "--dwell", "3s"] });
      await healing.program.printed(/looking again in 3 s/);
      await stage.person.create(configMaps, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: pause,
        data: { maintenance: "rack move" },
      });
      try {
        const { code, stdout } = await healing.ended;
        expect(code, stdout).toBe(4);
        expect(healing.receipt()?.verdict?.reason).toBe("Paused");
        expect(stdout).toContain("maintenance");
        expect(stdout).toContain("kubectl delete configmap operarius-pause -n openfero");
        expect(await writes(stage)).toEqual([]);
      } finally {
        await stage.person.delete(configMaps, pause);
      }
    }));
});
