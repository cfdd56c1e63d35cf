/** The judge of the scenarios must be able to condemn: what it calls a write, what it lets pass, and in which words. */
import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../support/audit.ts";
import { parseAudit, requestsBy, wordsOf, writesBy } from "../support/audit.ts";
import { healerUser } from "../support/cluster.ts";

const podPath = "/api/v1/namespaces/kube-system/pods/agent-x";

function event(overrides: Partial<AuditEvent> = {}): AuditEvent {
  return {
    stage: "ResponseComplete",
    verb: "delete",
    requestURI: podPath,
    user: { username: healerUser },
    objectRef: { resource: "pods", namespace: "kube-system", name: "agent-x" },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: "2030-01-01T00:00:01.000000Z",
    ...overrides,
  };
}

const patch = (requestObject: unknown): AuditEvent =>
  event({
    verb: "patch",
    objectRef: { resource: "daemonsets", apiGroup: "apps", namespace: "kube-system", name: "agent" },
    requestObject,
  });

describe("what counts as a write", () => {
  it.each<[string, Partial<AuditEvent>, boolean]>([
    ["a deletion", {}, true],
    [
      "an eviction",
      { verb: "create", objectRef: { resource: "pods", subresource: "eviction", name: "agent-x" } },
      true,
    ],
    ["a write on a node", { verb: "patch", objectRef: { resource: "nodes", name: "n1" } }, true],
    [
      "the status of a DaemonSet",
      { verb: "patch", objectRef: { resource: "daemonsets", subresource: "status" } },
      true,
    ],
    [
      "somebody else's Lease",
      { verb: "update", objectRef: { apiGroup: "coordination.k8s.io", resource: "leases", name: "kube-scheduler" } },
      true,
    ],
    [
      "a deletion whose body says nothing of the dry run in its query",
      { requestURI: `${podPath}?dryRun=All`, requestObject: { kind: "DeleteOptions" } },
      true,
    ],
    ["a patch with a field called dryRun", { verb: "patch", requestObject: { dryRun: ["All"], spec: {} } }, true],
    ["a created object with a field called dryRun", { verb: "create", requestObject: { dryRun: ["All"] } }, true],
    ["a dry run of a patch", { verb: "patch", requestURI: `${podPath}?dryRun=All`, requestObject: {} }, false],
    [
      "all pods of a namespace",
      { verb: "deletecollection", objectRef: { resource: "pods", namespace: "kube-system" } },
      true,
    ],
    [
      "all Leases of a namespace",
      { verb: "deletecollection", objectRef: { apiGroup: "coordination.k8s.io", resource: "leases" } },
      true,
    ],
    ["all events of a namespace", { verb: "deletecollection", objectRef: { resource: "events" } }, true],
    ["the deletion of an event", { verb: "delete", objectRef: { resource: "events", name: "a" } }, true],
    ["all receipts", { verb: "deletecollection", objectRef: { apiGroup: "openfero.io", resource: "receipts" } }, true],
    ["another user's deletion", { user: { username: "admin" } }, false],
    ["a read", { verb: "get" }, false],
    ["a refused deletion", { responseStatus: { code: 409 } }, false],
    ["a dry run by the query", { requestURI: `${podPath}?dryRun=All` }, false],
    ["a dry run by the body", { requestObject: { dryRun: ["All"] } }, false],
    [
      "the ledger",
      {
        verb: "create",
        objectRef: { apiGroup: "coordination.k8s.io", resource: "leases", name: "operarius-daemonset-agent" },
      },
      false,
    ],
    ["an event", { verb: "create", objectRef: { resource: "events" } }, false],
    ["our own receipt", { verb: "update", objectRef: { apiGroup: "openfero.io", resource: "receipts" } }, false],
    ["our own record", { verb: "patch", objectRef: { apiGroup: "openfero.io", resource: "remediations" } }, false],
  ])("%s", (_name, overrides, isWrite) => {
    expect(writesBy(healerUser, [event(overrides)])).toHaveLength(isWrite ? 1 : 0);
  });

  it("comes in the order of arrival, whatever the order of the log", () => {
    const late = event({ requestReceivedTimestamp: "2030-01-01T00:00:02.000000Z", verb: "patch" });
    expect(requestsBy(healerUser, [late, event()]).map(({ verb }) => verb)).toEqual(["delete", "patch"]);
  });
});

describe("the words for it", () => {
  const touchedAt = "operarius.openfero.io/touched-at";
  const fence = { op: "test", path: "/metadata/uid", value: "u" };
  const template = { op: "replace", path: "/spec/template", value: {} };
  const strategy = { op: "replace", path: "/spec/updateStrategy/type", value: "OnDelete" };
  const touched = { op: "add", path: `/metadata/annotations/${touchedAt.replace("/", "~1")}`, value: "t" };
  const restarted = {
    op: "add",
    path: "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt",
    value: "t",
  };
  const words = (given: AuditEvent) => wordsOf(given, (_namespace, pod) => (pod === "agent-x" ? "n4" : undefined));
  it.each<[AuditEvent, string]>([
    [event(), "delete pod on n4"],
    [event({ requestObject: { gracePeriodSeconds: 0 } }), "force delete pod on n4"],
    [
      event({ objectRef: { resource: "pods", namespace: "monitoring", name: "exporter" } }),
      "delete pod on an unknown node (monitoring/exporter)",
    ],
    [patch([{ op: "replace", path: "/spec/template", value: {} }]), "patch daemonset agent (rollback)"],
    [
      patch([
        { op: "add", path: "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt", value: "t" },
      ]),
      "patch daemonset agent (restart)",
    ],
    [
      patch([{ op: "add", path: "/metadata/annotations/operarius.openfero.io~1touched-at", value: "t" }]),
      "patch daemonset agent (touch)",
    ],
    [patch([{ op: "replace", path: "/spec/updateStrategy/type", value: "OnDelete" }]), "patch daemonset agent ()"],
    [event({ verb: "patch", objectRef: { resource: "nodes", name: "n1" } }), "patch nodes n1"],
    [event({ requestURI: `${podPath}?gracePeriodSeconds=0` }), "force delete pod on n4"],
    [event({ requestURI: `${podPath}?gracePeriodSeconds=0`, requestObject: {} }), "delete pod on n4"],
    [event({ requestObject: { gracePeriodSeconds: 1 } }), "delete pod within 1 s on n4"],
    [patch([fence, template, strategy]), "patch daemonset agent ()"],
    [
      patch([fence, restarted, { ...template, path: "/spec/template/spec/containers/0/image" }]),
      "patch daemonset agent ()",
    ],
    [patch([fence, restarted, strategy]), "patch daemonset agent ()"],
    [patch([touched, template]), "patch daemonset agent ()"],
    [
      patch([{ ...touched, path: "/metadata/annotations", value: { [touchedAt]: "t" } }]),
      "patch daemonset agent (touch)",
    ],
    [
      patch([{ ...touched, path: "/metadata/annotations", value: { [touchedAt]: "t", other: "u" } }]),
      "patch daemonset agent ()",
    ],
    [patch({ metadata: { annotations: { [touchedAt]: "t" } } }), "patch daemonset agent (touch)"],
    [patch({ metadata: { annotations: { [touchedAt]: "t" } }, spec: { template: {} } }), "patch daemonset agent ()"],
    [patch([{ op: "move", from: "/spec/selector", path: "/spec/template" }]), "patch daemonset agent ()"],
    [patch([fence]), "patch daemonset agent ()"],
    [patch(undefined), "patch daemonset agent ()"],
  ])("%#", (given, want) => {
    expect(words(given)).toBe(want);
  });
});

it("an unfinished line of the log is left for later, and so are other stages", () => {
  const line = JSON.stringify(event());
  expect(
    parseAudit(`${line}\n${JSON.stringify(event({ stage: "RequestReceived" }))}\n${line.slice(0, 40)}`),
  ).toHaveLength(1);
});
