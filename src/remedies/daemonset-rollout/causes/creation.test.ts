import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  anAdmission,
  anEvent,
  anObservation,
  aPod,
  aTemplate,
  fleet,
  MINUTE,
  NOW,
  oldPod,
  SECOND,
  settings,
  stoppedRollout,
} from "../../../../test/support/daemonset-builders.ts";
import type { AdmissionFacts, Observation } from "../facts.ts";
import { situation } from "../situation.ts";
import { creationFailing } from "./creation.ts";

const failing = (observation: Observation) => creationFailing(situation(observation, settings));

/** A rollout of which these nodes, of eight, have lacked their pod for five minutes. */
function lacking(nodes: readonly string[], scene: Scene = {}): Observation {
  return stoppedRollout([], {
    pods: fleet(8, [], oldPod).filter(({ node }) => !nodes.includes(node)),
    nodes: anObservation({ pods: fleet(8, []) }).nodes,
    podlessSince: Object.fromEntries(nodes.map((node) => [node, NOW - 5 * MINUTE])),
    ...scene,
  });
}

describe("what refuses new pods", () => {
  it.each<[string, string, string, Partial<AdmissionFacts>]>([
    ["serviceaccount nope not found", "C23", "ServiceAccountMissing", { serviceAccount: "nope" }],
    ["error looking up service account a/b", "C23", "ServiceAccountMissing", { serviceAccount: "b" }],
    ["no PriorityClass with name high was found", "C23", "PriorityClassMissing", { priorityClass: "high" }],
    ["insufficient quota to match these scopes: []", "C23", "PriorityClassMissing", { priorityClass: "high" }],
    ['RuntimeClass "gvisor" not found', "C23", "RuntimeClassMissing", { runtimeClass: "gvisor" }],
    ['violates PodSecurity "baseline:latest"', "C22", "PodSecurity", { security: "more" }],
    [
      'unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount]',
      "C22",
      "PodSecurity",
      { security: "more" },
    ],
    ["PodSecurityPolicy: unable to admit pod", "C22", "PodSecurity", { security: "more" }],
    ["exceeded quota: few", "C20", "QuotaExceeded", { requests: "more" }],
    ["maximum cpu usage per Container is 1", "C20", "LimitRangeViolated", { requests: "more" }],
    ["maximum memory usage per Pod is 1Gi", "C20", "LimitRangeViolated", { requests: "more" }],
    ["minimum cpu usage per Pod is 10m", "C20", "LimitRangeViolated", { requests: "more" }],
    ["minimum memory usage per Pod is 10Mi", "C20", "LimitRangeViolated", { requests: "more" }],
    ["failed quota: compute: must specify limits.cpu", "C20", "QuotaExceeded", { requests: "more" }],
    ["maximum ephemeral-storage usage per Container is 1Gi", "C20", "LimitRangeViolated", { requests: "more" }],
    ["cpu max limit to request ratio per Container is 2", "C20", "LimitRangeViolated", { requests: "more" }],
    ["LimitRange says no", "C20", "LimitRangeViolated", { requests: "more" }],
  ])("%s", (message, cause, reason, part) => {
    const events = [anEvent({ message })];
    const template = aTemplate({ admission: anAdmission(part) });
    const isOfTemplate = Object.keys(part).length > 0;
    expect(failing(lacking(["n1"], { events, daemonSet: { template } }))).toMatchObject({
      cause,
      reason,
      templateCaused: isOfTemplate,
      message: `Pods cannot be created on node n1: ${message}${isOfTemplate ? " (the new template asks for it)" : ""}.`,
    });
    expect(failing(lacking(["n1"], { events }))).toMatchObject({ cause, reason, templateCaused: false });
  });

  it.each<[string, string | undefined]>([
    ['Internal error occurred: failed calling webhook "v.example.com": no endpoints', "webhook/v.example.com"],
    ['admission webhook "p.example.com" denied the request: exceeded quota', "webhook/p.example.com"],
    ["the webhook is slow", undefined],
    ["ValidatingAdmissionPolicy 'p' with binding 'b' denied request", undefined],
    ["exceeded quota: few", undefined],
  ])("what is behind it: %s", (message, root) => {
    expect(failing(lacking(["n1"], { events: [anEvent({ message })] }))?.root).toBe(root);
  });

  it.each([
    'failed calling webhook "v": exceeded quota',
    'admission webhook "p" denied the request: exceeded quota',
    "the webhook is slow",
    "policy denied the request",
    "context deadline exceeded",
  ])("a webhook's own words may name anything, and no template is blamed for it: %s", (message) => {
    const template = aTemplate({ admission: anAdmission({ requests: "more", security: "more", serviceAccount: "b" }) });
    expect(failing(lacking(["n1"], { events: [anEvent({ message })], daemonSet: { template } }))).toMatchObject({
      cause: "C21",
      reason: "AdmissionWebhook",
      templateCaused: false,
    });
  });

  it.each<[string, Partial<AdmissionFacts>, string, boolean]>([
    ["asks for more", { requests: "more", cpuMilli: 200 }, "requests.cpu=200m", true],
    ["asks for higher limits", { requests: "more" }, "limits.cpu=1", true],
    ["asks for less", { requests: "less", cpuMilli: 50 }, "requests.cpu=50m", false],
    ["asks for more, where pods are counted", { requests: "more", cpuMilli: 200 }, "pods=1", false],
    ["asks for more, where objects are counted", { requests: "more", cpuMilli: 200 }, "count/pods=1,pods=1", false],
    ["asks for more, where pods are counted, too", { requests: "more", cpuMilli: 200 }, "pods=1,requests.cpu=1", true],
  ])("a quota is exceeded by a template only that %s", (_name, part, requested, want) => {
    const message = `pods "agent-x" is forbidden: exceeded quota: few, requested: ${requested}, used: pods=9, limited: pods=9`;
    const template = aTemplate({ admission: anAdmission(part) });
    const observation = lacking(["n1"], { events: [anEvent({ message })], daemonSet: { template } });
    expect(failing(observation)).toMatchObject({ cause: "C20", templateCaused: want });
  });

  it("a quota that wants limits blames the template that has dropped them", () => {
    const message = "failed quota: compute: must specify requests.cpu";
    const template = aTemplate({ admission: anAdmission({ requests: "none", cpuMilli: 0 }) });
    const observation = lacking(["n1"], { events: [anEvent({ message })], daemonSet: { template } });
    expect(failing(observation)?.templateCaused).toBe(true);
  });

  it("no template is blamed where no revision is proven", () => {
    const template = aTemplate({ admission: anAdmission({ requests: "more" }) });
    const events = [anEvent({ message: "exceeded quota: few" })];
    const observation = lacking(["n1"], { events, revisions: [], daemonSet: { template } });
    expect(failing(observation)).toMatchObject({ cause: "C20", templateCaused: false });
  });
});

describe("what is told", () => {
  it("the controller's words, the nodes and who can help", () => {
    expect(failing(lacking(["n1", "n2"], { events: [anEvent({ message: "exceeded quota: few" })] }))).toEqual({
      cause: "C20",
      reason: "QuotaExceeded",
      message: "Pods cannot be created on nodes n1, n2: exceeded quota: few.",
      evidence: ["FailedCreate: exceeded quota: few"],
      pods: [],
      nodes: ["n1", "n2"],
      commands: [
        "kubectl describe daemonset/agent -n kube-system   # raise the ResourceQuota, or lower the template's requests",
      ],
      templateCaused: false,
    });
  });

  it.each([
    ['failed calling webhook "p.example.com": no endpoints', "repair the admission webhook"],
    [
      'admission webhook "p.example.com" denied the request: no',
      "the webhook works and refuses the pod: correct the template, or what the webhook demands",
    ],
  ])("who can help where a webhook is in the way: %s", (message, who) => {
    expect(failing(lacking(["n1"], { events: [anEvent({ message })] }))?.commands).toEqual([
      `kubectl describe daemonset/agent -n kube-system   # ${who}`,
    ]);
  });

  it("one full stop, also where the message has its own", () => {
    const message = 'admission webhook "p.example.com" denied the request: images must come from here.';
    expect(failing(lacking(["n1"], { events: [anEvent({ message })] }))?.message).toBe(
      `Pods cannot be created on node n1: ${message}`,
    );
  });

  it("a controller that says nothing", () => {
    expect(failing(lacking(["n1"]))).toEqual({
      cause: "C42",
      reason: "CreationFailing",
      message: "The controller creates no pod on node n1 and says nothing about it.",
      evidence: ["no pod on node n1"],
      pods: [],
      nodes: ["n1"],
      commands: [
        "kubectl describe daemonset/agent -n kube-system   # the controller's message names what refuses the pod",
      ],
      templateCaused: false,
    });
  });

  it("a controller that nobody may hear is not said to be silent", () => {
    expect(failing(lacking(["n1"], { unread: ["events"] }))?.message).toBe(
      "The controller creates no pod on node n1 and the events that would say why cannot be read with these rights.",
    );
  });

  it("five nodes by name, more in part", () => {
    const names = ["n1", "n2", "n3", "n4", "n5", "n6"];
    expect(failing(lacking(names.slice(0, 5)))?.message).toContain("on nodes n1, n2, n3, n4, n5 and says");
    expect(failing(lacking(names))).toMatchObject({
      message: expect.stringContaining("on nodes n1, n2, n3, n4, n5, … and says"),
      nodes: names,
    });
  });

  it("the newest of several failures", () => {
    const events = [
      anEvent({ message: "first", lastAt: NOW - 3 * MINUTE }),
      anEvent({ message: "newest", lastAt: NOW - MINUTE }),
      anEvent({ message: "second", lastAt: NOW - 2 * MINUTE }),
    ];
    expect(failing(lacking(["n1"], { events }))?.evidence).toEqual(["FailedCreate: newest"]);
  });
});

describe("when creation counts as failing", () => {
  const refused = anEvent({ message: "exceeded quota", lastAt: NOW - MINUTE });
  const late = { n1: NOW - 2 * MINUTE - 1 };
  const made = (lastAt: number) => anEvent({ reason: "SuccessfulCreate", lastAt });
  /** No node lacks its pod, and all pods are older than the refusal. */
  const complete = (scene: Scene) => stoppedRollout([], { pods: fleet(4, [], oldPod), ...scene });

  it.each<[string, Observation, boolean]>([
    ["a refusal", lacking(["n1"], { events: [refused], podlessSince: { n1: NOW } }), true],
    [
      "a refusal in the same moment as a success",
      lacking(["n1"], { events: [refused, made(NOW - MINUTE)], podlessSince: { n1: NOW } }),
      true,
    ],
    [
      "a refusal after a success, and other news since",
      lacking(["n1"], {
        events: [made(NOW - 2 * MINUTE), refused, anEvent({ reason: "FailedDelete", lastAt: NOW })],
        podlessSince: { n1: NOW },
      }),
      true,
    ],
    [
      "a success after the refusal, while the node has time",
      lacking(["n1"], { events: [refused, made(NOW - MINUTE + 1)], podlessSince: { n1: NOW - 2 * MINUTE } }),
      false,
    ],
    ["nothing is said for two minutes", lacking(["n1"], { podlessSince: { n1: NOW - 2 * MINUTE } }), false],
    ["nothing is said for longer", lacking(["n1"], { podlessSince: late }), true],
    ["one of two nodes has waited for longer", lacking(["n1", "n2"], { podlessSince: { ...late, n2: NOW } }), true],
    ["nobody knows since when the node waits", lacking(["n1"], { podlessSince: {} }), false],
    [
      "another DaemonSet's refusal",
      lacking(["n1"], { events: [{ ...refused, about: "DaemonSet/other" }], podlessSince: {} }),
      false,
    ],
    ["every node has its pod, the refusal is new", complete({ events: [refused] }), true],
    [
      "every node has its pod, the last refusal is 16 minutes old",
      complete({ events: [{ ...refused, lastAt: NOW - 16 * MINUTE }] }),
      false,
    ],
    [
      "every node has its pod, the last refusal is almost so old",
      complete({ events: [{ ...refused, lastAt: NOW - 16 * MINUTE + SECOND }] }),
      true,
    ],
    [
      "a pod was made since",
      complete({ events: [refused], pods: fleet(4, [aPod("n1", { createdAt: NOW - MINUTE })], oldPod) }),
      false,
    ],
    ["every node has its pod and nothing was refused", complete({}), false],
  ])("%s", (_name, observation, isFailing) => {
    expect(failing(observation) !== undefined).toBe(isFailing);
  });

  it("while every node has its pod no node is named", () => {
    expect(failing(complete({ events: [refused] }))).toMatchObject({
      message: "Pods cannot be created on any node: exceeded quota.",
      nodes: [],
    });
  });
});
