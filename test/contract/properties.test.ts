/** What must hold for every remedy plan on every cluster, however odd (DESIGN.md, "Never" and step 3). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan, Step } from "../../src/engine/types.ts";
import { diagnose } from "../../src/remedies/daemonset-rollout/diagnose.ts";
import type { Observation, PodFacts } from "../../src/remedies/daemonset-rollout/facts.ts";
import { plan } from "../../src/remedies/daemonset-rollout/plan.ts";
import { isAvailable, maxUnavailable, recount } from "../../src/remedies/daemonset-rollout/recount.ts";
import { verify } from "../../src/remedies/daemonset-rollout/verify.ts";
import type { Cluster } from "../support/any-cluster.ts";
import { anyCluster } from "../support/any-cluster.ts";
import { MINUTE, UID } from "../support/daemonset-builders.ts";

/** One seed, so that a run says something about the change; search for more with another seed and more runs. */
const RUNS = { numRuns: 60, seed: 20_260_101 };
type Deletion = Extract<Step, { kind: "delete-pod" }>;

function planOf({ observation, context }: Cluster): Plan {
  return plan(observation, diagnose(observation, context), context);
}

function steps(cluster: Cluster): readonly Step[] {
  const result = planOf(cluster);
  return result.kind === "act" ? result.steps : [];
}

function deletions(cluster: Cluster, force: boolean): Deletion[] {
  return steps(cluster).filter((step): step is Deletion => step.kind === "delete-pod" && step.force === force);
}

function podOf({ observation }: Cluster, { pod }: Deletion): PodFacts | undefined {
  return observation.pods.find(({ uid }) => uid === pod.uid);
}

function always(check: (cluster: Cluster) => void): void {
  fc.assert(fc.property(anyCluster, check), RUNS);
}

describe("the generated clusters", () => {
  it("reach every kind of diagnosis, plan and step", () => {
    const seen = new Set<string>();
    for (const cluster of fc.sample(anyCluster, { numRuns: 600, seed: 7 })) {
      const { observation, context } = cluster;
      const diagnosis = diagnose(observation, context);
      const result = plan(observation, diagnosis, context);
      seen.add(`diagnosis ${diagnosis.kind}`).add(`plan ${result.kind}`);
      if (result.kind !== "act") continue;
      for (const step of result.steps) seen.add(step.kind === "delete-pod" && step.force ? "force" : step.kind);
      if (result.needsApproval) seen.add("approval");
      if (result.steps.filter((step) => step.kind === "delete-pod" && !step.force).length > 1) seen.add("a wave");
    }
    for (const wanted of ["healthy", "pending", "unhealthy"]) expect(seen).toContain(`diagnosis ${wanted}`);
    for (const wanted of ["nothing", "wait", "act", "decline"]) expect(seen).toContain(`plan ${wanted}`);
    for (const wanted of ["delete-pod", "force", "rollback", "restart", "touch", "a wave", "approval"])
      expect(seen).toContain(wanted);
  });
});

describe("every plan", () => {
  it("comes, and always says something under both steps", () => {
    always((cluster) => {
      const result = planOf(cluster);
      expect(result.reason).toMatch(/^[A-Z][A-Za-z]+$/);
      expect(result.message).not.toBe("");
      expect(result.notes.delete).not.toBe("");
      expect(result.notes.template).not.toBe("");
    });
  });

  it("is the same for the same facts, also after storage and in another order", () => {
    always((cluster) => {
      const stored = JSON.parse(JSON.stringify(cluster)) as Cluster;
      expect(planOf(stored)).toEqual(planOf(cluster));
      const { observation, context } = cluster;
      const turned = {
        ...observation,
        pods: [...observation.pods].reverse(),
        nodes: [...observation.nodes].reverse(),
        revisions: [...observation.revisions].reverse(),
      };
      const again = planOf({ observation: turned, context });
      const first = planOf(cluster);
      expect([again.kind, again.reason]).toEqual([first.kind, first.reason]);
      if (again.kind === "act" && first.kind === "act") expect(again.digest).toBe(first.digest);
    });
  });

  it("acts on an unhealthy target only, but for an approved forced deletion and the restart owed after a deletion", () => {
    always((cluster) => {
      const { observation, context } = cluster;
      if (diagnose(observation, context).kind === "unhealthy") return;
      const deleted = context.intents.some(({ kind, uid }) => kind === "delete-pod" && uid === UID);
      const owed = context.policies.strategy === "restart" && deleted;
      const others = steps(cluster).filter(
        (step) => !(step.kind === "delete-pod" && step.force) && !(owed && step.reason === "StrategyRestart"),
      );
      expect(others).toEqual([]);
    });
  });

  it("carries the fence and, for each pod, uid and resourceVersion", () => {
    always((cluster) => {
      const result = planOf(cluster);
      if (result.kind !== "act") return;
      expect(result.fence).toEqual({
        uid: UID,
        generation: cluster.observation.daemonSet.generation,
        templateHash: "template-2",
      });
      expect(result.digest).toMatch(/^[0-9a-f]{16}$/);
      for (const step of result.steps)
        if (step.kind === "delete-pod")
          expect(step.pod).toMatchObject({
            uid: expect.stringMatching(/./),
            resourceVersion: expect.stringMatching(/./),
          });
    });
  });

  it("keeps to the policies and the rights", () => {
    always((cluster) => {
      const { policies, mayPatchTemplate } = cluster.context;
      const kinds = steps(cluster).map(({ kind }) => kind);
      if (policies.delete === "off") expect(deletions(cluster, false)).toEqual([]);
      if (["off", "suggest"].includes(policies.rollback)) expect(kinds).not.toContain("rollback");
      if (!mayPatchTemplate) expect(kinds.filter((kind) => kind !== "delete-pod")).toEqual([]);
    });
  });
});

describe("deletions", () => {
  it("touch only pods that the DaemonSet owns, as they are now", () => {
    always((cluster) => {
      for (const step of [...deletions(cluster, false), ...deletions(cluster, true)]) {
        const pod = podOf(cluster, step);
        expect(pod).toMatchObject({
          name: step.pod.name,
          namespace: step.pod.namespace,
          node: step.node,
          resourceVersion: step.pod.resourceVersion,
        });
      }
    });
  });

  it("never a Ready pod, except one that keeps ending; never a terminating or held one; never on a node that is not Ready", () => {
    always((cluster) => {
      for (const step of deletions(cluster, false)) {
        const pod = podOf(cluster, step);
        expect(pod?.ready === true && step.trouble !== "Flapping").toBe(false);
        expect(pod?.deletionDeadline).toBeUndefined();
        expect(pod?.finalizers).toEqual([]);
        const node = cluster.observation.nodes.find(({ name }) => name === step.node);
        expect(node?.ready).toBe("True");
      }
    });
  });

  it("keep to the budget, counting what is on its way already; the first is one pod", () => {
    always((cluster) => {
      const wave = deletions(cluster, false);
      if (wave.length === 0) return;
      const { observation, context } = cluster;
      const { desired } = recount(observation);
      const limit = Math.min(maxUnavailable(observation.daemonSet, desired), Math.max(1, Math.floor(desired / 10)), 20);
      const ending = observation.pods.filter(({ deletionDeadline }) => deletionDeadline !== undefined).length;
      expect(wave.length + ending).toBeLessThanOrEqual(limit);
      const before = context.intents.filter(
        ({ kind, templateHash }) => kind === "delete-pod" && templateHash === "template-2",
      );
      if (before.length === 0) expect(wave.length).toBe(1);
    });
  });

  it("never twice for the same node, template and reason in one episode; never where a pod would not come back", () => {
    always((cluster) => {
      for (const step of deletions(cluster, false)) {
        const { intents, settings } = cluster.context;
        const createdAt = podOf(cluster, step)?.createdAt ?? 0;
        const again = intents.some(
          ({ kind, templateHash, node, trouble, at }) =>
            kind === "delete-pod" &&
            templateHash === "template-2" &&
            node === step.node &&
            trouble === step.trouble &&
            createdAt - at < settings.episodeMs,
        );
        expect(again).toBe(false);
        expect(cluster.observation.daemonSet.strategy).toBe("RollingUpdate");
        expect(cluster.observation.daemonSet.deleting).toBe(false);
      }
    });
  });

  it("by force only where a person named the uid, past the deadline, without a finalizer", () => {
    always((cluster) => {
      for (const step of deletions(cluster, true)) {
        const pod = podOf(cluster, step);
        expect(cluster.context.policies.forceDelete).toContain(step.pod.uid);
        expect(pod?.deletionDeadline).toBeLessThan(cluster.observation.at);
        expect(pod?.finalizers).toEqual([]);
      }
    });
  });
});

describe("template writes", () => {
  it("never go to the present template, to one that was rolled back from, or to one that no Available pod runs", () => {
    always(({ observation, context }) => {
      for (const step of steps({ observation, context })) {
        if (step.kind !== "rollback") continue;
        const { templateHash, name } = step.revision;
        expect(templateHash).not.toBe("template-2");
        expect(
          context.intents.some((intent) => intent.kind === "rollback" && intent.templateHash === templateHash),
        ).toBe(false);
        const hash = observation.revisions.find((revision) => revision.name === name)?.hash;
        const running = observation.pods.filter(
          (pod) => pod.revisionHash === hash && isAvailable(pod, observation.daemonSet.minReadySeconds, observation.at),
        );
        expect(running.length).toBeGreaterThan(0);
      }
    });
  });

  it("come alone, once for each template, and under RollingUpdate only", () => {
    always((cluster) => {
      const all = steps(cluster);
      const writes = all.filter(({ kind }) => kind === "restart" || kind === "rollback");
      if (writes.length === 0) return;
      expect(all).toHaveLength(1);
      expect(cluster.observation.daemonSet.strategy).toBe("RollingUpdate");
      const before = cluster.context.intents.filter(
        ({ kind, templateHash }) => kind === writes[0]?.kind && templateHash === "template-2",
      );
      expect(before).toEqual([]);
    });
  });

  it("restart an Available pod only with a person's approval", () => {
    always((cluster) => {
      const result = planOf(cluster);
      if (result.kind !== "act" || result.needsApproval) return;
      for (const step of result.steps) if (step.kind === "rollback") expect(step.restartsAvailable).toBe(0);
    });
  });

  it("are no restart by themselves unless a canary of the degraded revision has healed", () => {
    always((cluster) => {
      if (cluster.context.policies.strategy === "restart") return;
      if (!steps(cluster).some(({ kind }) => kind === "restart")) return;
      expect(
        cluster.context.intents.some(
          ({ kind, templateHash }) => kind === "delete-pod" && templateHash === "template-2",
        ),
      ).toBe(true);
      const diagnosis = diagnose(cluster.observation, cluster.context);
      expect(diagnosis.kind === "unhealthy" && diagnosis.findings.some(({ cause }) => cause === "C41")).toBe(true);
    });
  });
});

describe("a touch", () => {
  it("comes alone, for a status that differs from a healthy recount, once for each generation", () => {
    always((cluster) => {
      const all = steps(cluster);
      if (!all.some(({ kind }) => kind === "touch")) return;
      expect(all).toHaveLength(1);
      const { observation, context } = cluster;
      expect(observation.staleSince).toBeDefined();
      const counters = recount(observation);
      expect(counters).toMatchObject({ available: counters.desired, updated: counters.desired, misscheduled: 0 });
      const { generation } = observation.daemonSet;
      expect(context.intents.some((each) => each.kind === "touch" && each.generation === generation)).toBe(false);
    });
  });
});

describe("time alone", () => {
  const later = (observation: Observation, ms: number): Observation => ({ ...observation, at: observation.at + ms });

  it("makes nothing healthy ill", () => {
    fc.assert(
      fc.property(anyCluster, fc.integer({ min: 1, max: 600 }), ({ observation, context }, minutes) => {
        if (diagnose(observation, context).kind !== "healthy") return;
        expect(diagnose(later(observation, minutes * MINUTE), context).kind).toBe("healthy");
      }),
      RUNS,
    );
  });

  it("ends every waiting, whatever it is for", () => {
    always(({ observation, context }) => {
      expect(diagnose(later(observation, 24 * 60 * MINUTE), context).kind).not.toBe("pending");
    });
  });
});

describe("verification", () => {
  it("is never enough at the moment of a write", () => {
    always(({ observation, context: { settings } }) => {
      const health = verify(observation, { settings, sinceMs: observation.at, first: observation });
      expect(health.healthy && health.soakedMs >= health.requiredMs).toBe(false);
    });
  });

  it("agrees with the diagnosis on what is healthy", () => {
    always(({ observation, context }) => {
      const health = verify(observation, { settings: context.settings, sinceMs: 0, first: observation });
      if (diagnose(observation, context).kind === "healthy") expect(health.healthy).toBe(true);
    });
  });
});
