import type { JobStatus } from "kubernetes-types/batch/v1";
import type { ContainerState } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { jobState, reportOf } from "./job-outcome.ts";

describe("jobState", () => {
  it.each<[string, JobStatus, object]>([
    ["nothing yet", {}, { kind: "active", hasRunningPods: false }],
    ["a running pod", { active: 1 }, { kind: "active", hasRunningPods: true }],
    ["a failed pod is no failed Job", { active: 1, failed: 2 }, { kind: "active" }],
    ["a condition that does not hold", { conditions: [{ type: "Failed", status: "False" }] }, { kind: "active" }],
    ["suspended", { conditions: [{ type: "Suspended", status: "True" }] }, { kind: "active" }],
    ["on its way to failing", { conditions: [{ type: "FailureTarget", status: "True" }] }, { kind: "active" }],
    ["complete", { conditions: [{ type: "Complete", status: "True" }] }, { kind: "finished", succeeded: true }],
    [
      "failed, with the reason",
      { conditions: [{ type: "Failed", status: "True", reason: "DeadlineExceeded", message: "m" }] },
      { kind: "finished", succeeded: false, reason: "DeadlineExceeded", message: "m" },
    ],
  ])("%s", (_, status, want) => expect(jobState({ status })).toMatchObject(want));
  it("suspended, and since when", () => {
    const spec = { suspend: true, template: {} };
    const suspended = { type: "Suspended", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };
    expect(jobState({ spec, status: {} })).toMatchObject({ kind: "active", suspendedSince: 0 });
    expect(jobState({ spec, status: { conditions: [suspended] } })).toMatchObject({
      suspendedSince: Date.parse("2026-01-01T00:00:00Z"),
    });
    expect(jobState({ spec: { ...spec, suspend: false }, status: {} })).not.toHaveProperty("suspendedSince");
  });
});

const report = (verdict: string, more: object = {}) =>
  JSON.stringify({
    schema: "operarius.openfero.io/termination/v1",
    verdict,
    reason: "R",
    sentence: "S.",
    cause: "C01",
    writes: [],
    ...more,
  });
const pod = (message: string | undefined, finishedAt = "2026-01-01T00:00:00Z") => {
  const terminated = { exitCode: 0, finishedAt, ...(message === undefined ? {} : { message }) };
  const state: ContainerState = { terminated };
  return {
    status: { containerStatuses: [{ name: "c", image: "", imageID: "", ready: false, restartCount: 0, state }] },
  };
};

describe("reportOf", () => {
  it("is the report of the pod that ended last", () => {
    const pods = [pod(report("failed")), pod(report("recovered"), "2026-01-01T00:01:00Z"), pod(report("waiting"))];
    expect(reportOf(pods)).toMatchObject({ verdict: "recovered", reason: "R", sentence: "S.", cause: "C01" });
  });

  it("passes over what is not a report", () => {
    expect(reportOf([pod("plain text", "2026-01-02T00:00:00Z"), pod(report("declined"))])?.verdict).toBe("declined");
  });

  it("names the receipt, unless the name cannot be one", () => {
    expect(reportOf([pod(report("failed", { receipt: "agent-1-1" }))])?.receipt).toBe("agent-1-1");
    expect(reportOf([pod(report("failed", { receipt: "../x" }))])).toMatchObject({ verdict: "failed" });
    expect(reportOf([pod(report("failed", { receipt: "../x" }))])?.receipt).toBeUndefined();
  });

  it("tells when it last wrote and what it last saw; what cannot be read of that costs no verdict", () => {
    const more = { lastWriteAt: "2026-01-01T00:00:00.123Z", fingerprint: "f" };
    expect(reportOf([pod(report("failed", more))])).toMatchObject(more);
    const broken = reportOf([pod(report("failed", { lastWriteAt: "yesterday", fingerprint: 7 }))]);
    expect([broken?.verdict, broken?.lastWriteAt, broken?.fingerprint]).toEqual(["failed", undefined, undefined]);
  });

  it.each([
    ["no pods", []],
    ["no message", [pod(undefined)]],
    ["a text", [pod("done")]],
    ["broken JSON", [pod('{"schema":')]],
    ["JSON of somebody else's", [pod('{"verdict":"recovered"}')]],
    ["an unknown verdict", [pod(report("splendid"))]],
    ["an absurd wait", [pod(report("waiting", { recheckAfterSeconds: -1 }))]],
    ["a pod that never started", [{ status: {} }, {}]],
  ])("is undefined for %s", (_, pods) => expect(reportOf(pods)).toBeUndefined());
});
