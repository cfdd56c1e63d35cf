import { describe, expect, it } from "vitest";
import { causeFixtures } from "../../../test/support/cause-fixtures.ts";
import {
  aContainer,
  aNode,
  anEvent,
  anIntent,
  anObservation,
  aPlanContext,
  aPod,
  aRevision,
  aTemplate,
  badImagePod,
  changed,
  crashingPod,
  deadNode,
  failedPod,
  fleet,
  MINUTE,
  NOW,
  oldPod,
  oldRevision,
  settings,
  someNodes,
  stoppedRollout,
  waitingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { Plan } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import { plan } from "./plan.ts";
import { verify } from "./verify.ts";

function fixture(id: string): Observation {
  const found = causeFixtures[id];
  if (!found) throw new Error(`no fixture ${id}`);
  return found;
}

function planned(observation: Observation, given: Parameters<typeof aPlanContext>[0] = {}): Plan {
  const context = aPlanContext({ ...given, policies: { rollback: "auto", ...given.policies } });
  return plan(observation, diagnose(observation, context), context);
}

function causesOf(observation: Observation): string[] {
  const diagnosis = diagnose(observation, { settings });
  return diagnosis.kind === "unhealthy" ? diagnosis.findings.map(({ cause }) => cause) : [diagnosis.kind];
}

describe("what makes every write harmful", () => {
  it.each(["C33", "C34", "C37"])("%s: nothing is written, by no strategy", (id) => {
    for (const strategy of ["guided", "restart"] as const) {
      const result = planned(fixture(id), { policies: { strategy } });
      expect(result.kind).toBe("decline");
      expect(result.notes.delete).toMatch(/^not done: /);
      expect(result.notes.template).toMatch(/^not done: /);
    }
  });

  it("an injected container freezes what another fault would allow", () => {
    const sidecar = fixture("C33").pods.filter(({ node }) => node === "n1");
    const both = stoppedRollout([...sidecar, badImagePod("n2")]);
    expect(causesOf(both)).toEqual(["C33", "C01"]);
    expect(planned(both).kind).toBe("decline");
    expect(planned(stoppedRollout([badImagePod("n2")])).kind).toBe("act");
  });

  it("what admission rewrites in every pod alike is nobody's fault", () => {
    const mirrored = (pod: ReturnType<typeof aPod>) => ({ ...pod, specs: { main: "rewritten" } });
    const observation = stoppedRollout([mirrored(badImagePod("n1"))], {
      pods: [mirrored(badImagePod("n1")), ...["n2", "n3", "n4"].map((node) => mirrored(oldPod(node)))],
    });
    expect(causesOf(observation)).toEqual(["C01"]);
  });

  it("a rewriting that only the failing pod has is", () => {
    const observation = stoppedRollout([{ ...crashingPod("n1"), specs: { main: "rewritten" } }]);
    expect(causesOf(observation)).toEqual(["C33"]);
  });

  it.each<[string, string, string[], string]>([
    ["what a claim of the template is bound to", "data-of-n1", ["claim/data"], "C11"],
    ["what an ephemeral volume's claim is bound to", "pvc-0a1b2c3d-1111-2222-3333-444455556666", [], "C11"],
    ["of nobody", "istio-envoy", ["configmap/env"], "C33"],
  ])("a volume that does not attach, %s", (_name, volume, references, want) => {
    const message = `Multi-Attach error for volume "${volume}" Volume is already used by pod(s) other`;
    const observation = stoppedRollout([waitingPod("n1", { reason: "ContainerCreating" })], {
      events: [anEvent({ about: "Pod/agent-n1", reason: "FailedAttachVolume", message })],
      daemonSet: { template: aTemplate({ references, volumes: ["data"] }) },
    });
    expect(causesOf(observation)).toEqual([want]);
  });

  it.each<[string, Observation]>([
    [
      "another platform has another digest",
      changed(fixture("C34"), (copy) => {
        copy.nodes = copy.nodes.map((node) =>
          node.name === "n1" ? aNode("n1", { info: { ...node.info, architecture: "arm64" } }) : node,
        );
      }),
    ],
    [
      "the same digest",
      changed(fixture("C34"), (copy) => {
        copy.pods = copy.pods.map((pod) => ({
          ...pod,
          containers: pod.containers.map((each) => ({ ...each, imageId: "app@sha256:good" })),
        }));
      }),
    ],
    [
      "an image that is named by its digest",
      changed(fixture("C34"), (copy) => {
        copy.pods = copy.pods.map((pod) => ({
          ...pod,
          containers: pod.containers.map((each) => ({ ...each, image: "app@sha256:pinned" })),
        }));
      }),
    ],
  ])("no tag has moved: %s", (_name, observation) => {
    expect(causesOf(observation)).not.toContain("C34");
  });

  it.each<[string, string, string]>([
    ["reg.example.com:5000/team/app:2", "reg.example.com:5000/team/app", "reg.example.com:5000/team/app@sha256:good"],
    ["reg.example.com:5000/team/app", "reg.example.com:5000/team/app", "reg.example.com:5000/team/app@sha256:good"],
    ["app:2", "docker.io/library/app", "app@sha256:good"],
  ])("a tag that has moved is pinned by the digest of its repository: %s", (image, repository, want) => {
    const observation = changed(fixture("C34"), (copy) => {
      copy.pods = copy.pods.map((pod) => ({
        ...pod,
        containers: pod.containers.map((each) => ({
          ...each,
          image,
          imageId: `${repository}@sha256:${pod.node === "n1" ? "bad" : "good"}`,
        })),
      }));
    });
    const diagnosis = diagnose(observation, { settings });
    expect(diagnosis.kind === "unhealthy" && diagnosis.findings[0].commands[0]).toBe(
      `kubectl set image daemonset/agent -n kube-system main=${want}   # pin the image that runs`,
    );
  });

  it("a tag that has moved is not pinned by an id that only the node knows", () => {
    const observation = changed(fixture("C34"), (copy) => {
      copy.pods = copy.pods.map((pod) => ({
        ...pod,
        containers: pod.containers.map((each) => ({
          ...each,
          imageId: `sha256:${pod.node === "n1" ? "bad" : "good"}`,
        })),
      }));
    });
    const diagnosis = diagnose(observation, { settings });
    expect(diagnosis).toMatchObject({ reason: "TagMoved" });
    expect(diagnosis.kind === "unhealthy" && diagnosis.findings[0].commands.join()).not.toContain("set image");
  });

  it.each<[string, (copy: Observation) => void]>([
    ["one writer alone", (copy) => (copy.daemonSet.templateManagers = ["kubectl-edit", "kubectl-set", "operarius"])],
    [
      "our rollback and its owner's answer",
      (copy) => (copy.revisions = copy.revisions.map((each, i) => ({ ...each, number: 3 + i }))),
    ],
    [
      "long ago",
      (copy) => (copy.revisions = copy.revisions.map((each) => ({ ...each, createdAt: NOW - 11 * MINUTE }))),
    ],
  ])("no quarrel: %s", (_name, change) => {
    expect(causesOf(changed(fixture("C37"), change))).not.toContain("C37");
  });
});

describe("a status that the controller left stale", () => {
  const stale = (since: number, status: Partial<Observation["daemonSet"]["status"]> = { misscheduled: 1 }) =>
    anObservation({
      staleSince: NOW - since,
      daemonSet: {
        status: { desired: 4, current: 4, updated: 4, ready: 4, available: 4, misscheduled: 0, ...status },
      },
    });

  it("is given its time first, then touched once for each generation", () => {
    expect(diagnose(stale(MINUTE), { settings })).toMatchObject({ kind: "pending", recheckAfterMs: MINUTE });
    const old = stale(3 * MINUTE);
    expect(causesOf(old)).toEqual(["C26"]);
    const result = planned(old);
    expect(result).toMatchObject({
      kind: "act",
      needsApproval: false,
      steps: [{ kind: "touch", reason: "StatusStale" }],
    });
    const touched = { kind: "touch", generation: 2, node: "", pod: "" } as const;
    expect(planned(old, { intents: [anIntent(touched)] })).toMatchObject({ kind: "decline", reason: "AlreadyTouched" });
    expect(planned(old, { intents: [anIntent({ ...touched, generation: 1 })] }).kind).toBe("act");
  });

  it("names what the status says, and the cause by it", () => {
    const diagnosis = diagnose(stale(3 * MINUTE, { available: 3, misscheduled: 1 }), { settings });
    expect(diagnosis).toMatchObject({ kind: "unhealthy", findings: [{ cause: "C29" }] });
    expect(diagnosis.message).toContain("the status still says available 3 instead of 4, misscheduled 1 instead of 0");
  });

  it("is touched under every strategy, and never without the right", () => {
    const old = stale(3 * MINUTE);
    expect(planned(old, { policies: { strategy: "restart" } })).toMatchObject({ steps: [{ kind: "touch" }] });
    expect(planned(old, { mayPatchTemplate: false })).toMatchObject({ kind: "decline", reason: "MissingRight" });
  });

  it("is no recovery", () => {
    const health = verify(stale(1), { settings, sinceMs: 0, first: stale(1) });
    expect(health).toMatchObject({ healthy: false, reason: "StatusStale" });
  });
});

describe("several causes at once", () => {
  const observation = stoppedRollout([badImagePod("n1"), crashingPod("n2")], {
    nodes: someNodes(4).map((node) => (node.name === "n4" ? deadNode("n4") : node)),
  });

  it("each has its finding with its pods", () => {
    const diagnosis = diagnose(observation, { settings });
    const findings = diagnosis.kind === "unhealthy" ? diagnosis.findings : [];
    expect(findings.map(({ cause, pods }) => [cause, ...pods])).toEqual([
      ["C01", "agent-n1"],
      ["C05", "agent-n2"],
      ["C16", "agent-n4"],
    ]);
    expect(diagnosis.message).toContain(
      "Besides: the new revision crashes on n2 (C05); a dead node that counts on n4 (C16).",
    );
  });

  it("the plan says what it leaves to a person", () => {
    const eight = stoppedRollout([badImagePod("n1")], {
      pods: fleet(8, [badImagePod("n1")], oldPod),
      nodes: someNodes(8).map((node) => (node.name === "n8" ? deadNode("n8") : node)),
    });
    const result = planned(eight);
    expect(result.kind).toBe("act");
    expect(result.message).toMatch(
      /^6 of 8 pods run; the new image app:ok-2 does not exist; rolling back to revision 1 would restart \S.*\. It remains for a person: a dead node that counts on n8 \(C16\)\.$/,
    );
  });

  it("a crash beside a missing image gets no canary", () => {
    const gated = stoppedRollout([badImagePod("n1"), crashingPod("n2")], {
      daemonSet: { template: { ...anObservation().daemonSet.template, gated: true } },
    });
    expect(planned(gated, { policies: { rollback: "off" } }).kind).toBe("decline");
  });
});

describe("what is ruled out", () => {
  const cleared = (observation: Observation) => {
    const diagnosis = diagnose(observation, { settings });
    return diagnosis.kind === "unhealthy" ? (diagnosis.ruledOut ?? []).map(({ what }) => what) : [];
  };

  it("a bad image: everything but the revision", () => {
    expect(cleared(fixture("C01"))).toEqual([
      "the controller",
      "quota, webhooks and accounts",
      "dead nodes",
      "pressure on the failing nodes",
      "the cluster as a whole",
      "something injected by admission",
      "a stuck termination",
    ]);
  });

  it.each<[string, string]>([
    ["C16", "dead nodes"],
    ["C20", "quota, webhooks and accounts"],
    ["C33", "something injected by admission"],
    ["C17", "a stuck termination"],
    ["C30", "the controller"],
  ])("%s does not clear %s", (id, what) => expect(cleared(fixture(id))).not.toContain(what));

  it("one node: the revision runs elsewhere", () => {
    const diagnosis = diagnose(fixture("C04"), { settings });
    expect(diagnosis.kind === "unhealthy" && diagnosis.ruledOut).toContainEqual({
      what: "the revision as a whole",
      why: "3 pods of it run on n1, n3, n4",
    });
  });
});

describe("what separates the failing nodes", () => {
  const arm = (name: string) => aNode(name, { info: { ...aNode(name).info, architecture: "arm64" } });

  it("several nodes of one architecture are a matter of the image (C28), and nothing is written", () => {
    const observation = anObservation({
      nodes: [arm("n1"), arm("n2"), ...someNodes(6).slice(2)],
      pods: fleet(6, [crashingPod("n1"), crashingPod("n2")]),
    });
    const diagnosis = diagnose(observation, { settings });
    expect(diagnosis).toMatchObject({ reason: "PlatformMismatch", findings: [{ cause: "C28" }] });
    expect(diagnosis.message).toContain(
      "They have something in common: all 2 failing nodes have architecture arm64, none of the 4 good ones has.",
    );
    expect(planned(observation).kind).toBe("decline");
  });

  it("is evidence for one node, too", () => {
    const observation = anObservation({
      nodes: [arm("n1"), ...someNodes(4).slice(1)],
      pods: fleet(4, [crashingPod("n1")]),
    });
    const diagnosis = diagnose(observation, { settings });
    expect(diagnosis.kind === "unhealthy" && diagnosis.findings[0].evidence).toContain(
      "the failing node has architecture arm64, none of the 3 good ones has",
    );
  });
});

describe("nodes that died of the update", () => {
  it("stop it: no command raises the budget", () => {
    const nodes = someNodes(4).map((node) =>
      node.name === "n1" ? deadNode("n1", { readyChangedAt: NOW - 20 * MINUTE }) : node,
    );
    const young = aPod("n1", {
      createdAt: NOW - 24 * MINUTE,
      ready: false,
      containers: [aContainer({ ready: false })],
    });
    const diagnosis = diagnose(stoppedRollout([young], { nodes }), { settings });
    expect(diagnosis.message).toContain("the update may have killed it, so stop the rollout");
    expect(JSON.stringify(diagnosis)).not.toContain('maxUnavailable":2');
    expect(JSON.stringify(diagnose(fixture("C16"), { settings }))).toContain("maxUnavailable");
  });
});

describe("a revision of defaults only (C36)", () => {
  it("has its broken pod judged as one node's", () => {
    expect(causesOf(fixture("C36"))).toEqual(["C04", "C36"]);
    expect(planned(fixture("C36"))).toMatchObject({ kind: "act", steps: [{ kind: "delete-pod", node: "n1" }] });
  });
});

describe("a Failed pod of a revision that starts nowhere", () => {
  it("is named after the revision's fault, whose command comes first", () => {
    const observation = stoppedRollout([badImagePod("n1"), badImagePod("n2"), failedPod("n3")]);
    expect(causesOf(observation)).toEqual(["C01", "C14"]);
    expect(planned(observation)).toMatchObject({ kind: "decline", reason: "NoProvenRevision" });
  });
});

describe("one bad node in the middle of a rollout", () => {
  it("does not count the pods of the older revision as the same", () => {
    const pods = [crashingPod("n1"), aPod("n2"), aPod("n3"), oldPod("n4")];
    const { message } = diagnose(stoppedRollout([], { pods }), { settings });
    expect(message).toContain("2 of 4 pods run with the same revision, 1 with an older revision; only agent-n1 on n1");
  });
});

describe("a revision that a restart made", () => {
  /** Everybody runs the same template; n1 has its pod of after the restart, which crashes. */
  const restarted = (special = [crashingPod("n1")], gated = false): Observation =>
    stoppedRollout(special, {
      daemonSet: { template: aTemplate({ gated }) },
      revisions: [oldRevision({ templateHash: "template-2" }), aRevision({ createdAt: NOW - 25 * MINUTE })],
    });

  it("has its broken pod judged as one node's, and says what may have changed since", () => {
    expect(causesOf(restarted())).toEqual(["C04"]);
    const { message } = diagnose(restarted(), { settings });
    expect(message).toContain("with the same template, from before it was restarted");
    expect(message).toContain("a ConfigMap, a Secret or an image tag may have changed before the restart");
    expect(message).not.toContain("The revision is good");
  });

  it("is not walked through the fleet: only a gated template's pod is re-created", () => {
    const result = planned(restarted());
    expect(result).toMatchObject({ kind: "decline", reason: "OneNodeOnly" });
    expect(result.notes.delete).toMatch(/could walk a bad revision through the fleet/);
    const gated = planned(restarted([crashingPod("n1")], true));
    expect(gated).toMatchObject({ kind: "act", steps: [{ kind: "delete-pod", node: "n1" }] });
  });

  it("is not called broken where several nodes fail", () => {
    const several = restarted([crashingPod("n1"), crashingPod("n2")]);
    expect(diagnose(several, { settings }).message).not.toContain("the new revision does not start");
    expect(planned(several)).toMatchObject({ kind: "decline" });
  });

  it("is judged by itself where nothing of the template runs", () => {
    const all = restarted(["n1", "n2", "n3", "n4"].map((node) => crashingPod(node)));
    expect(causesOf(all)).toEqual(["C05"]);
  });
});
