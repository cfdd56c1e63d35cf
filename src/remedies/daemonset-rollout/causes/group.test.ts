import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  anObservation,
  aPod,
  aRevision,
  aTemplate,
  badImagePod,
  crashingPod,
  degradedPod,
  failedPod,
  fleet,
  oldPod,
  oldRevision,
  settings,
  someNodes,
  stoppedRollout,
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
const pressed = (names: readonly string[], count = 4) =>
  someNodes(count).map((node) =>
    names.includes(node.name) ? { ...node, pressures: ["DiskPressure", "PIDPressure"] } : node,
  );

describe("a revision that starts nowhere", () => {
  it("with a way back", () => {
    expect(grouped(stoppedRollout([badImagePod("n1"), badImagePod("n2")]))).toEqual([
      [
        "revision-fault",
        ["agent-n1", "agent-n2"],
        {
          cause: "C01",
          reason: "ImageNotFound",
          message:
            "2 of 4 pods run; the new image app:ok-2 does not exist; rolling back to revision 1 would restart nothing.",
          evidence: [
            ...["n1", "n2"].map(
              (node) =>
                `pod agent-${node} on ${node}: ImagePullBackOff: Back-off pulling image "app:bad-2": ErrImagePull: rpc error: code = NotFound desc = not found`,
            ),
            "present revision 2: 0 available, 2 in trouble; other revisions: 2 available",
          ],
          pods: ["agent-n1", "agent-n2"],
          nodes: ["n1", "n2"],
          commands: [
            "kubectl rollout undo daemonset/agent -n kube-system --to-revision=1",
            "kubectl describe pod agent-n1 -n kube-system",
          ],
        },
      ],
    ]);
  });

  it("without one", () => {
    const finding = only(anObservation({ revisions: [], pods: fleet(4, [crashingPod("n1")], oldPod) }));
    expect(finding).toMatchObject({
      message:
        "3 of 4 pods run; the new revision does not start: container main keeps ending: exit code 1; no other revision is proven on at least half of the nodes, so there is nothing safe to roll back to.",
      evidence: [
        `pod agent-n1 on n1: ${LOOP}`,
        "present revision ?: 0 available, 1 in trouble; other revisions: 3 available",
      ],
      commands: ["kubectl edit daemonset/agent -n kube-system", "kubectl describe pod agent-n1 -n kube-system"],
    });
  });

  it.each<[string, number, string]>([
    ["one pod of a third revision", 1, "1 available pod"],
    ["two pods of a third revision", 2, "2 available pods"],
  ])("the way back costs %s", (_name, count, want) => {
    const third = ["n2", "n3"].slice(0, count).map((node) => oldPod(node, { revisionHash: "third" }));
    const observation = stoppedRollout([crashingPod("n1"), ...third], {
      pods: fleet(8, [crashingPod("n1"), ...third], oldPod),
      nodes: someNodes(8),
    });
    expect(only(observation).message).toContain(`; rolling back to revision 1 would restart ${want}.`);
  });

  it("five pods speak for all", () => {
    const pods = ["n1", "n2", "n3", "n4", "n5", "n6"].map((node) => crashingPod(node));
    const { evidence, nodes } = only(stoppedRollout(pods, { pods: fleet(8, pods, oldPod) }));
    expect(evidence.filter((line) => line.includes(LOOP))).toHaveLength(5);
    expect(nodes).toHaveLength(6);
  });

  it.each<[string, boolean, PodFacts[], boolean]>([
    ["the old pod beside it", true, [oldPod("n1", { name: "before", uid: "before" })], true],
    ["the old pod beside it, on a network of its own", false, [oldPod("n1", { name: "before", uid: "before" })], false],
    ["no old pod there", true, [], false],
  ])("a surge on the node's own network (C25): %s", (_name, hostNetwork, more, isTold) => {
    const pods = [...fleet(4, [crashingPod("n1")], oldPod), ...more];
    const scene: Scene = { pods, daemonSet: { maxSurge: 1, template: aTemplate({ hostNetwork }) } };
    const line = "maxSurge 1 with hostNetwork: the old pod still holds its ports where the new one starts";
    expect(only(stoppedRollout([], scene)).evidence.includes(line)).toBe(isTold);
  });
});

it("one node among good ones (C04)", () => {
  expect(grouped(anObservation({ pods: fleet(4, [crashingPod("n2")]) }))).toEqual([
    [
      "one-node",
      ["agent-n2"],
      {
        cause: "C04",
        reason: "OneNodeOnly",
        message:
          "3 of 4 pods run with the same revision; only agent-n2 on n2 does not: container main keeps ending: exit code 1. The revision is good, something on n2 is not.",
        evidence: [`pod agent-n2 on n2: ${LOOP}`, "3 other pods of the same revision are available"],
        pods: ["agent-n2"],
        nodes: ["n2"],
        commands: [
          "kubectl describe node n2   # repair or replace the node if a fresh pod has the same trouble",
          "kubectl logs agent-n2 -n kube-system --previous",
        ],
        root: "node/n2",
      },
    ],
  ]);
});

it("the pods that are well are counted in words, and not called of the same revision after a restart", () => {
  const two = anObservation({ nodes: someNodes(2), pods: fleet(2, [crashingPod("n1")]) });
  expect(grouped(two)[0]?.[2].evidence).toContain("1 other pod of the same revision is available");
  const restarted = stoppedRollout([crashingPod("n1")], {
    revisions: [oldRevision({ templateHash: "template-2" }), aRevision()],
  });
  expect(grouped(restarted)[0]?.[2].evidence).toContain("3 other pods of the same template are available");
});

it("under OnDelete the way back has two steps, and the first alone restarts nothing", () => {
  const third = aPod("n2", { revisionHash: "third" });
  const observation = stoppedRollout([badImagePod("n1"), third], { daemonSet: { strategy: "OnDelete" } });
  const [group] = grouped({ ...observation, pods: fleet(8, [badImagePod("n1"), third], oldPod) });
  expect(group?.[2].message).toMatch(
    /; under OnDelete rolling back to revision 1 restarts nothing, and the failing pods stay until somebody deletes them\.$/,
  );
  expect(group?.[2].commands.slice(0, 2)).toEqual([
    "kubectl rollout undo daemonset/agent -n kube-system --to-revision=1",
    "kubectl delete pod agent-n1 -n kube-system   # after that: OnDelete",
  ]);
});

describe("failed pods (C14)", () => {
  const EVICTED = "phase Failed, Evicted: The node was low on resource: ephemeral-storage.";

  it("whose node is well again", () => {
    expect(grouped(anObservation({ pods: fleet(4, [failedPod("n2")]) }))).toEqual([
      [
        "failed-pods",
        ["agent-n2"],
        {
          cause: "C14",
          reason: "PodFailed",
          message:
            "3 of 4 pods run; pod agent-n2 on n2 failed (Evicted) and waits for the controller's back-off. The cause is gone, so deleting the failed pod brings its replacement at once.",
          evidence: [`pod agent-n2 on n2: ${EVICTED}`],
          pods: ["agent-n2"],
          nodes: ["n2"],
          commands: ["kubectl delete pod agent-n2 -n kube-system"],
        },
      ],
    ]);
  });

  it("one of which is still under pressure: each has its own words, and only the other may be deleted", () => {
    const observation = anObservation({ nodes: pressed(["n2"]), pods: fleet(4, [failedPod("n1"), failedPod("n2")]) });
    expect(grouped(observation)).toMatchObject([
      [
        "failed-pods",
        ["agent-n1"],
        {
          reason: "PodFailed",
          message:
            "2 of 4 pods run; pod agent-n1 on n1 failed (Evicted) and waits for the controller's back-off. The cause is gone, so deleting the failed pod brings its replacement at once.",
          nodes: ["n1"],
        },
      ],
      [
        "failed-pods",
        [],
        {
          cause: "C14",
          reason: "NodePressure",
          message:
            "2 of 4 pods run; pod agent-n2 on n2 failed (Evicted) and its node still reports DiskPressure, PIDPressure. A new pod would be evicted again while that lasts.",
          evidence: [`pod agent-n2 on n2: ${EVICTED}`],
          pods: ["agent-n2"],
          nodes: ["n2"],
          commands: ["kubectl describe node n2   # relieve DiskPressure, PIDPressure"],
          root: "node/n2",
        },
      ],
    ]);
  });

  it("several are told as several", () => {
    const pods = ["n1", "n2", "n3"].map((node) => failedPod(node));
    const messages = (nodes: string[]) =>
      grouped(anObservation({ nodes: pressed(nodes), pods: fleet(8, pods) })).map(([, , { message }]) => message);
    const first = "3 pods on 3 nodes (n1, n2, n3) failed, the first of them: pod agent-n1 on n1 failed (Evicted)";
    expect(messages([])).toEqual([expect.stringContaining(`; ${first} and waits for`)]);
    expect(messages(["n1", "n2", "n3"])).toEqual([expect.stringContaining(`; ${first} and its node still reports`)]);
  });

  it.each<[string, string]>([
    ["OutOfcpu", "Pod was rejected: Node didn't have enough resource: cpu"],
    ["UnexpectedAdmissionError", "Allocate failed due to no healthy devices present"],
    ["NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed"],
    ["Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi."],
  ])("%s: no condition of the node tells whether the cause is gone", (reason, message) => {
    const [group] = grouped(anObservation({ pods: fleet(4, [failedPod("n2", { reason, message })]) }));
    expect(group?.[1]).toEqual(["agent-n2"]);
    expect(group?.[2].message).toMatch(/Its node reports no pressure; .*shows whether the cause is gone\.$/);
  });

  it("are a group of their own beside another trouble", () => {
    const pods = fleet(4, [failedPod("n1"), crashingPod("n2")]);
    expect(grouped(anObservation({ pods })).map(([kind, names]) => [kind, ...names])).toEqual([
      ["failed-pods", "agent-n1"],
      ["one-node", "agent-n2"],
    ]);
  });
});

it("a proven revision that degraded (C41)", () => {
  const pods = ["n1", "n2", "n3", "n4", "n5", "n6"].map((node) => degradedPod(node));
  const names = pods.map(({ name }) => name);
  const nodes = pods.map(({ node }) => node);
  const zoned = someNodes(8).map((node) => {
    const zone = nodes.includes(node.name) ? "a" : "b";
    return { ...node, labels: { ...node.labels, "topology.kubernetes.io/zone": zone } };
  });
  expect(grouped(anObservation({ nodes: zoned, pods: fleet(8, pods) }))).toEqual([
    [
      "degraded",
      names,
      {
        cause: "C41",
        reason: "ProvenRevisionDegraded",
        message:
          "6 of 8 pods ran well and lost readiness on Ready nodes (n1, n2, n3, n4, n5); the template did not change. They share a cause: a dead back-end, an expired credential, or a deadlock that a fresh pod does not have.",
        evidence: [
          ...pods
            .slice(0, 5)
            .map(
              ({ name, node }) =>
                `pod ${name} on ${node}: Ready=False since 2026-01-15T11:50:00.000Z, running without restart`,
            ),
          "all 6 failing nodes have zone a, none of the 2 good ones has",
        ],
        pods: names,
        nodes,
        commands: [
          "kubectl rollout restart daemonset/agent -n kube-system   # only if a fresh pod stays Ready",
          "kubectl logs agent-n1 -n kube-system",
        ],
      },
    ],
  ]);
});
