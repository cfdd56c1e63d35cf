import { describe, expect, it } from "vitest";
import {
  aNode,
  anObservation,
  aPod,
  aTemplate,
  crashingPod,
  deadNode,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  oldPod,
  settings,
  someNodes,
  terminatingPod,
} from "../../../../test/support/daemonset-builders.ts";
import type { NodeFacts, Observation, PodFacts } from "../facts.ts";
import { situation } from "../situation.ts";
import { deselected, misscheduled, onDeleteOutdated } from "./strategy.ts";

const here = (observation: Observation) => situation(observation, settings);
const withNodes = (nodes: readonly NodeFacts[], pods = fleet(6, [])) =>
  anObservation({ nodes: someNodes(6).map((node) => nodes.find(({ name }) => name === node.name) ?? node), pods });

describe("OnDelete (C24)", () => {
  const names = ["n1", "n2", "n3", "n4"];

  it("outdated pods wait for a person, three at a time", () => {
    const pods = fleet(5, [aPod("n5")], oldPod);
    expect(onDeleteOutdated(here(anObservation({ pods, daemonSet: { strategy: "OnDelete" } })))).toEqual({
      cause: "C24",
      reason: "OnDeleteOutdated",
      message:
        "4 of 5 pods run an older template because the update strategy is OnDelete: each is replaced only when somebody deletes it.",
      evidence: ["updateStrategy OnDelete, updated 1 of 5"],
      pods: names.map((name) => `agent-${name}`),
      nodes: names,
      commands: names
        .slice(0, 3)
        .map(
          (name) =>
            `kubectl delete pod agent-${name} -n kube-system   # on ${name}; wait for its replacement before the next`,
        ),
    });
  });

  it("nobody is told to delete a pod of a node that should not run one: it would not come back", () => {
    const taints = [{ key: "maint", effect: "NoSchedule" as const }];
    const observation = withNodes([aNode("n2", { taints })], fleet(6, [oldPod("n2")]));
    const daemonSet = { ...observation.daemonSet, strategy: "OnDelete" as const };
    expect(onDeleteOutdated(here({ ...observation, daemonSet }))).toBeUndefined();
  });

  it("those that do not work are told, and come first: nobody else replaces them", () => {
    const crashed = (node: string) =>
      crashingPod(node, { revisionHash: "old", specs: { main: "spec-1" }, createdAt: NOW - HOUR });
    const outdated = (pods: PodFacts[]) =>
      onDeleteOutdated(here(anObservation({ pods: fleet(4, pods, oldPod), daemonSet: { strategy: "OnDelete" } })));
    expect(outdated([crashed("n3"), aPod("n4")])).toMatchObject({
      message:
        "3 of 4 pods run an older template because the update strategy is OnDelete: each is replaced only when somebody deletes it. 1 of them does not work; pod agent-n3 on n3 container main keeps ending: exit code 1.",
      evidence: [
        "updateStrategy OnDelete, updated 1 of 4",
        "pod agent-n3 on n3: exit code 1, 6 restarts, reason Error",
      ],
      nodes: ["n3", "n1", "n2"],
    });
    expect(outdated([crashed("n3"), crashed("n4")])?.message).toMatch(/ 2 of them do not work; pod agent-n3 on n3 /);
  });

  it("nobody is told to delete a pod that is being deleted, or one on a dead node", () => {
    const pods = fleet(6, [terminatingPod("n1", -MINUTE), oldPod("n2"), oldPod("n3")]);
    const observation = withNodes([deadNode("n2")], pods);
    const daemonSet = { ...observation.daemonSet, strategy: "OnDelete" as const };
    expect(onDeleteOutdated(here({ ...observation, daemonSet }))?.nodes).toEqual(["n3"]);
  });

  it("is silent where all are up to date, and under another strategy", () => {
    expect(onDeleteOutdated(here(anObservation({ daemonSet: { strategy: "OnDelete" } })))).toBeUndefined();
    expect(onDeleteOutdated(here(anObservation({ pods: fleet(4, [], oldPod) })))).toBeUndefined();
  });
});

describe("misscheduled by a taint (C26)", () => {
  const maint = { key: "maint", value: "x", effect: "NoSchedule" } as const;
  const bare = { key: "own", effect: "NoSchedule" } as const;
  const cordoned = { key: "karpenter.sh/disrupted", effect: "NoSchedule" } as const;

  it("a person decides", () => {
    expect(misscheduled(here(withNodes([aNode("n2", { taints: [maint, bare] })])))).toEqual({
      cause: "C26",
      reason: "Misscheduled",
      message:
        "1 pod runs on nodes that should not have one (n2: taint maint=x:NoSchedule, own:NoSchedule). Whether these nodes should be covered is a person's decision.",
      evidence: ["n2: taint maint=x:NoSchedule, own:NoSchedule"],
      pods: ["agent-n2"],
      nodes: ["n2"],
      commands: [
        "kubectl edit daemonset/agent -n kube-system   # add a toleration if n2 should keep its pod",
        "kubectl delete pod agent-n2 -n kube-system   # it will not come back: n2 loses this agent",
      ],
    });
  });

  it("a drain takes care of itself", () => {
    expect(misscheduled(here(withNodes([aNode("n2", { taints: [cordoned] })])))).toEqual({
      cause: "C26",
      reason: "NodeDraining",
      message:
        "1 pod runs on nodes that should not have one (n2: taint karpenter.sh/disrupted:NoSchedule). These nodes are being drained: they and their pods go once the drain is through.",
      evidence: ["n2: taint karpenter.sh/disrupted:NoSchedule"],
      pods: ["agent-n2"],
      nodes: ["n2"],
      commands: [
        "kubectl get pods -A -o wide --field-selector spec.nodeName=n2   # what still holds up the drain of n2",
      ],
    });
  });

  it("one drained node beside others leaves the decision to a person; three are named", () => {
    const nodes = ["n1", "n2", "n3", "n4"].map((name) => aNode(name, { taints: [name === "n1" ? cordoned : maint] }));
    expect(misscheduled(here(withNodes(nodes)))).toMatchObject({
      reason: "Misscheduled",
      message:
        "4 pods run on nodes that should not have one (n1: taint karpenter.sh/disrupted:NoSchedule; n2: taint maint=x:NoSchedule; n3: taint maint=x:NoSchedule). Whether these nodes should be covered is a person's decision.",
      nodes: ["n1", "n2", "n3", "n4"],
    });
  });

  it("says nothing of dead nodes, of nodes without a pod, and of nodes that should run one", () => {
    const tainted = aNode("n2", { taints: [maint] });
    expect(misscheduled(here(withNodes([deadNode("n2", { taints: [maint] })])))).toBeUndefined();
    expect(
      misscheduled(
        here(
          withNodes(
            [tainted],
            fleet(6, []).filter(({ node }) => node !== "n2"),
          ),
        ),
      ),
    ).toBeUndefined();
    expect(misscheduled(here(withNodes([])))).toBeUndefined();
    expect(deselected(here(withNodes([tainted])))).toBeUndefined();
  });
});

describe("no longer selected (C27)", () => {
  const selector = { "kubernetes.io/os": "linux", pool: "edge" };
  const selected = (lacking: readonly string[], template = aTemplate({ nodeSelector: selector })) => {
    const nodes = someNodes(6).map((node) =>
      lacking.includes(node.name) ? node : { ...node, labels: { ...node.labels, pool: "edge" } },
    );
    return here(anObservation({ nodes, pods: fleet(6, []), daemonSet: { template } }));
  };

  it("names the label that is lacking", () => {
    expect(deselected(selected(["n2"]))).toEqual({
      cause: "C27",
      reason: "NodeDeselected",
      message:
        "1 pod is on nodes that are not selected by the template any more (n2): a label or the node selector changed. The controller deletes them, and 5 nodes remain.",
      evidence: ["node n2: lacks pool=edge"],
      pods: ["agent-n2"],
      nodes: ["n2"],
      commands: ["kubectl get nodes --show-labels n2   # put the label back if it was taken by mistake: pool=edge"],
    });
    expect(misscheduled(selected(["n2"]))).toBeUndefined();
  });

  it("names all that are lacking, and five nodes", () => {
    const twice = aTemplate({ nodeSelector: { ...selector, zone: "a" } });
    const names = ["n1", "n2", "n3", "n4", "n5"];
    const finding = deselected(selected([...names, "n6"], twice));
    expect(finding).toMatchObject({
      message: expect.stringMatching(/^6 pods are on nodes .* \(n1, n2, n3, n4, n5\): .* and 0 nodes remain\.$/),
      evidence: [...names, "n6"].map((name) => `node ${name}: lacks pool=edge,zone=a`),
      commands: [
        "kubectl get nodes --show-labels n1 n2 n3 n4 n5   # put the label back if it was taken by mistake: pool=edge,zone=a",
      ],
    });
  });

  it("an affinity that does not match has no label of its own", () => {
    const affinityTerms = [{ matchExpressions: [{ key: "pool", operator: "Exists" }] }];
    expect(deselected(selected(["n2"], aTemplate({ affinityTerms })))).toMatchObject({
      evidence: ["node n2: does not match the node affinity"],
      commands: [expect.stringMatching(/by mistake: see the node affinity$/)],
    });
  });
});

it("each deselected node lacks its own label (C27)", () => {
  const labels = (node: string, own: Record<string, string>) => aNode(node, { labels: own });
  const nodes = [labels("n1", { b: "2" }), labels("n2", { a: "1" }), labels("n3", { a: "1", b: "2" })];
  const template = aTemplate({ nodeSelector: { a: "1", b: "2" } });
  const pods = nodes.map(({ name }) => aPod(name));
  expect(deselected(here(anObservation({ nodes, pods, daemonSet: { template } })))).toMatchObject({
    evidence: ["node n1: lacks a=1", "node n2: lacks b=2"],
    commands: [expect.stringMatching(/taken by mistake: a=1 or b=2$/)],
  });
});
