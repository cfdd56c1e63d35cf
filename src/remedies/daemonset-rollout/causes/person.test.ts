import { describe, expect, it } from "vitest";
import {
  aContainer,
  anObservation,
  aPod,
  aRevision,
  crashingPod,
  flappingPod,
  fleet,
  MINUTE,
  NOW,
  oldPod,
  oldRevision,
  SECOND,
  settings,
  someNodes,
  stoppedRollout,
  unschedulablePod,
  waitingPod,
} from "../../../../test/support/daemonset-builders.ts";
import type { Finding } from "../../../engine/types.ts";
import type { Observation, PodFacts } from "../facts.ts";
import { situation } from "../situation.ts";
import { groups } from "./revision.ts";

/** The groups, each as what may be done and about which pods, with its finding. */
function grouped(observation: Observation): [string, string[], Finding][] {
  return groups(situation(observation, settings)).map(({ kind, pods, finding }) => [
    kind,
    pods.map(({ pod }) => pod.name),
    finding,
  ]);
}

function only(observation: Observation): Finding {
  const [first, ...others] = grouped(observation);
  if (!first || others.length > 0) throw new Error(`${others.length} groups more than one`);
  return first[2];
}

const LOOP = "exit code 1, 6 restarts, reason Error";

describe("what needs a person", () => {
  it("one pod, nobody knows whether its revision or its node is to blame", () => {
    const pod = waitingPod("n1", { reason: "ContainerCreating" });
    expect(grouped(stoppedRollout([pod]))).toEqual([
      [
        "person",
        ["agent-n1"],
        {
          cause: "C42",
          reason: "StillCreating",
          message:
            "3 of 4 pods run; pod agent-n1 on n1 its containers are still being created, and no event says why. Whether its revision or its node is to blame is not known, so nothing is changed.",
          evidence: ["pod agent-n1 on n1: phase Pending for 1200 s"],
          pods: ["agent-n1"],
          nodes: ["n1"],
          commands: ["kubectl describe pod agent-n1 -n kube-system", "kubectl get nodes n1 -o wide"],
        },
      ],
    ]);
  });

  it("one pod of which the events cannot be read", () => {
    const pod = waitingPod("n1", { reason: "ContainerCreating" });
    expect(only(stoppedRollout([pod], { unread: ["events"] })).message).toContain(
      "still being created, and the events that would say why cannot be read with these rights. Whether",
    );
  });

  it("several nodes although the revision runs elsewhere", () => {
    const pods = fleet(8, [crashingPod("n1"), crashingPod("n2")]);
    expect(only(anObservation({ pods }))).toEqual({
      cause: "C42",
      reason: "SeveralNodes",
      message:
        "6 of 8 pods run; pods on 2 nodes (n1, n2) have trouble although the same revision runs elsewhere: container main keeps ending: exit code 1. What these nodes share is not known, so nothing is changed.",
      evidence: [`pod agent-n1 on n1: ${LOOP}`, `pod agent-n2 on n2: ${LOOP}`],
      pods: ["agent-n1", "agent-n2"],
      nodes: ["n1", "n2"],
      commands: [
        "kubectl describe pod agent-n1 -n kube-system",
        "kubectl get nodes n1 n2 -o wide",
        "kubectl logs agent-n1 -n kube-system --previous",
      ],
    });
  });

  it("one node while too little of the revision runs elsewhere", () => {
    const young = aPod("n1", { createdAt: NOW - 20 * SECOND, readyChangedAt: NOW - 5 * SECOND });
    expect(only(stoppedRollout([young, crashingPod("n2")]))).toMatchObject({
      cause: "C42",
      reason: "OneNodeUnproven",
      message:
        "3 of 4 pods run; pod agent-n2 on n2 has trouble although the same revision runs elsewhere: container main keeps ending: exit code 1. Too few pods of it run, or not for long enough, to tell its node's fault from the revision's, so nothing is changed.",
      nodes: ["n2"],
    });
  });

  it("several nodes where the revision runs nowhere", () => {
    const pods = ["n1", "n2"].map((node) => waitingPod(node, { reason: "ContainerCreating" }));
    expect(only(stoppedRollout(pods))).toMatchObject({
      reason: "SeveralNodes",
      message: expect.stringContaining("pods on 2 nodes (n1, n2) have trouble: its containers"),
    });
  });

  it.each(["architecture", "operatingSystem"] as const)("nodes of another %s (C28)", (what) => {
    const nodes = someNodes(8).map((node) =>
      ["n1", "n2"].includes(node.name) ? { ...node, info: { ...node.info, [what]: "other" } } : node,
    );
    const pods = fleet(8, [crashingPod("n1"), crashingPod("n2")]);
    expect(only(anObservation({ nodes, pods }))).toMatchObject({
      cause: "C28",
      reason: "PlatformMismatch",
      message: expect.stringMatching(/They have something in common: all 2 failing nodes have .* other, none of the 6/),
      commands: [
        "kubectl edit daemonset/agent -n kube-system   # a nodeSelector for kubernetes.io/arch and kubernetes.io/os, or an image that is built for n1",
        "kubectl describe pod agent-n1 -n kube-system",
        "kubectl get nodes n1 n2 -o wide",
        "kubectl logs agent-n1 -n kube-system --previous",
      ],
    });
  });

  it("nodes of another kernel are no other platform", () => {
    const nodes = someNodes(8).map((node) =>
      ["n1", "n2"].includes(node.name) ? { ...node, info: { ...node.info, kernel: "5.4" } } : node,
    );
    const finding = only(anObservation({ nodes, pods: fleet(8, [crashingPod("n1"), crashingPod("n2")]) }));
    expect(finding).toMatchObject({ cause: "C42", reason: "SeveralNodes" });
    expect(finding.evidence.at(-1)).toBe("all 2 failing nodes have kernel 5.4, none of the 6 good ones has");
    expect(finding.commands[0]).toBe("kubectl describe pod agent-n1 -n kube-system");
  });

  it("a node without room (C13), with what fills it", () => {
    expect(only(stoppedRollout([unschedulablePod("n2")]))).toMatchObject({
      cause: "C13",
      reason: "Unschedulable",
      message: expect.stringMatching(
        /^3 of 4 pods run; pod agent-n2 on n2 cannot be scheduled to n2: .*[^.]\. Neither a new pod nor another template changes that\.$/,
      ),
      commands: [
        "kubectl get pods -A -o wide --field-selector spec.nodeName=n2   # make room there, or give the DaemonSet a higher priorityClassName",
        "kubectl describe pod agent-n2 -n kube-system",
        "kubectl get nodes n2 -o wide",
      ],
    });
  });

  it("many nodes without room: five are named", () => {
    const pods = ["n1", "n2", "n3", "n4", "n5", "n6"].map((node) => unschedulablePod(node));
    const finding = only(anObservation({ pods: fleet(12, pods) }));
    expect(finding.message).toContain(
      "; 6 pods on 6 nodes (n1, n2, n3, n4, n5) have the same trouble, as agent-n1 shows: cannot be scheduled to n1: ",
    );
    expect(finding.commands).toContain("kubectl get nodes n1 n2 n3 n4 n5 -o wide");
  });

  it("several that flap (C06), with the way back", () => {
    expect(only(anObservation({ pods: fleet(8, [flappingPod("n1"), flappingPod("n2")]) }))).toMatchObject({
      cause: "C06",
      reason: "Flapping",
      message: expect.stringMatching(
        /^6 of 8 pods run; 2 pods on 2 nodes \(n1, n2\) have the same trouble, as agent-n1 shows: container main is Ready for a while and ends again \(9 restarts\)\. On several nodes that is the revision, not the nodes; no other revision is proven/,
      ),
    });
  });
});

describe("a registry that does not answer (C03)", () => {
  const waiting = (image: string) => {
    const { runningSince: _none, ...own } = aContainer({ image, imageId: "", ready: false });
    const message = "dial tcp: i/o timeout";
    return waitingPod("n1", { reason: "" }, { containers: [{ ...own, waiting: { reason: "ErrImagePull", message } }] });
  };
  const elsewhere = (pod: PodFacts, others: readonly PodFacts[]) =>
    only(
      stoppedRollout([pod, ...others], {
        revisions: [oldRevision(), aRevision({ createdAt: NOW - 25 * MINUTE })],
        pods: fleet(8, [pod, ...others], oldPod),
      }),
    ).evidence.filter((line) => line.startsWith("pods that are well"));

  it("names nodes where pods that are well run the same image, five at most", () => {
    expect(elsewhere(waiting("app:ok-1"), [])).toEqual(["pods that are well run the same image on n2, n3, n4, n5, n6"]);
    expect(elsewhere(waiting("app:ok-2"), [aPod("n2")])).toEqual(["pods that are well run the same image on n2"]);
  });

  it("none where none does, or where the pod names no image", () => {
    expect(elsewhere(waiting("app:ok-3"), [])).toEqual([]);
    expect(elsewhere(waiting(""), [oldPod("n2", { containers: [aContainer({ image: "" })] })])).toEqual([]);
  });

  it("says nothing about other troubles", () => {
    const pods = fleet(4, [waitingPod("n1", { reason: "ErrImagePull", message: "unauthorized" })]);
    expect(only(anObservation({ pods })).evidence.join()).not.toContain("pods that are well");
  });
});
