/** The judge of the fault suite must be able to condemn: what it calls lost, and what it calls doubled. */
import type { Job } from "kubernetes-types/batch/v1";
import { describe, expect, it } from "vitest";
import type { Live } from "../../src/kube/types.ts";
import type { Remediation } from "../../src/operarius/remediation.ts";
import { judgeTally } from "../faults/tally.ts";
import type { AuditEvent } from "../support/audit.ts";
import { aHook, anAlert } from "../support/control-fixture.ts";

const meta = (name: string) => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: "1",
  creationTimestamp: "2026-01-01T00:00:00Z",
});

function record(target: string, sequence = 1, attempts: readonly number[] = [1]): Live<Remediation> {
  const name = `${target}-${sequence}`;
  return {
    metadata: meta(name),
    spec: {
      target: { cluster: "", kind: "Deployment", namespace: "shop", name: target },
      operarius: { name: "x" },
      sequence,
      alert: anAlert(),
      hook: aHook(),
      receivedAt: "2026-01-01T00:00:00Z",
    },
    status: { attempts: attempts.map((n) => ({ n, jobName: `job-${name}-${n}` })) },
  } as Live<Remediation>;
}

function job(owner: Live<Remediation>, attempt: number): Live<Job> {
  const { name, uid } = owner.metadata;
  const ownerReferences = [{ apiVersion: "openfero.io/v1alpha1", kind: "Remediation", name, uid }];
  return { metadata: { ...meta(`job-${name}-${attempt}`), ownerReferences } };
}

function created(resource: string, name: string, code = 201): AuditEvent {
  return {
    stage: "ResponseComplete",
    verb: "create",
    requestURI: "/",
    user: { username: "server" },
    objectRef: { resource, name },
    responseStatus: { code },
    requestReceivedTimestamp: "2026-01-01T00:00:00Z",
  };
}

describe("the tally", () => {
  const a = record("a");
  it.each<[string, Parameters<typeof judgeTally>[0], { lost: string[]; doubled: unknown[] }]>([
    [
      "one record and one Job",
      { records: [a], jobs: [job(a, 1)], events: [created("jobs", "job-a-1-1"), created("jobs", "job-a-1-1", 409)] },
      { lost: [], doubled: [] },
    ],
    ["no record of what was answered", { records: [], jobs: [], events: [] }, { lost: ["a"], doubled: [] }],
    [
      "two episodes",
      { records: [a, record("a", 2)], jobs: [], events: [] },
      { lost: [], doubled: ["record of a: 2 times"] },
    ],
    [
      "an attempt twice on the record",
      { records: [record("a", 1, [1, 1])], jobs: [], events: [] },
      { lost: [], doubled: ["attempt 1 of a-1: 2 times"] },
    ],
    [
      "a Job of no attempt",
      { records: [a], jobs: [job(a, 1), job(a, 2)], events: [] },
      { lost: [], doubled: ["Job job-a-1-2 is on no attempt of its record"] },
    ],
    [
      "a Job that was made, removed and made again",
      { records: [a], jobs: [job(a, 1)], events: [created("jobs", "job-a-1-1"), created("jobs", "job-a-1-1")] },
      { lost: [], doubled: ["created jobs/job-a-1-1: 2 times"] },
    ],
    [
      "what is another test's",
      { records: [a, record("b"), record("b", 2)], jobs: [], events: [] },
      { lost: [], doubled: [] },
    ],
  ])("%s", (_, cluster, want) => {
    const { lost, doubled } = judgeTally(cluster, { targets: ["a"], answered: new Set(["a"]) });
    expect({ lost, doubled }).toEqual(want);
  });
});
