import { describe, expect, it } from "vitest";
import { awaitingRemediation, NAMESPACE } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { isConflict } from "../kube/errors.ts";
import type { RemediationSpec, RemediationStatus } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import type { ApprovalAnswer } from "./approve.ts";
import { judgeAnswer, writeAnswer } from "./approve.ts";

const NOW = Date.parse("2026-01-01T00:30:00Z");

async function stored(status: Partial<RemediationStatus> = {}, approval?: RemediationSpec["approval"]) {
  const kube = createMemoryKube();
  const remediation = await awaitingRemediation(
    kube,
    { approvalExpiresAt: "2026-01-01T01:00:00Z", ...status },
    approval,
  );
  return { kube, remediation };
}

describe("judgeAnswer", () => {
  const approve: ApprovalAnswer = { decision: "approve", planDigest: "abc" };
  const deny: ApprovalAnswer = { decision: "deny" };
  const given = (decision: "approve" | "deny", planDigest = "abc") => ({ decision, planDigest, by: "ann" });

  it.each<[string, ApprovalAnswer, Partial<RemediationStatus>, RemediationSpec["approval"], string]>([
    ["the plan that awaits", approve, {}, undefined, "awaits"],
    ["its denial", { ...deny, planDigest: "abc" }, {}, undefined, "awaits"],
    ["a denial of whatever awaits", deny, {}, undefined, "awaits"],
    ["an answer to an earlier plan is on the record", approve, {}, given("approve", "old"), "awaits"],
    ["an approval is taken back", deny, {}, given("approve"), "awaits"],
    ["another plan", { ...approve, planDigest: "abd" }, {}, undefined, "OtherPlan"],
    ["an approval of nothing", { decision: "approve" }, {}, undefined, "OtherPlan"],
    ["a denial of another plan", { ...deny, planDigest: "abd" }, {}, undefined, "OtherPlan"],
    ["approved already", approve, {}, given("approve"), "AlreadyAnswered"],
    ["denied already", approve, {}, given("deny"), "AlreadyAnswered"],
    ["denied twice", deny, {}, given("deny"), "AlreadyAnswered"],
    ["still running", approve, { phase: "Running" }, undefined, "NotAwaitingApproval"],
    ["over", approve, { phase: "Declined" }, undefined, "NotAwaitingApproval"],
    ["no plan there", approve, { planDigest: "" }, undefined, "NotAwaitingApproval"],
    ["at the end of the hour", approve, { approvalExpiresAt: "2026-01-01T00:30:00Z" }, undefined, "ApprovalLapsed"],
    ["a time that cannot be read", approve, { approvalExpiresAt: "soon" }, undefined, "ApprovalLapsed"],
  ])("%s", async (_, answer, status, approval, want) => {
    const { remediation } = await stored(status, approval);
    const verdict = judgeAnswer(remediation, answer, NOW);
    expect(verdict.kind === "awaits" ? verdict.kind : verdict.reason).toBe(want);
    if (want === "OtherPlan")
      expect(verdict).toMatchObject({ planDigest: "abc", message: expect.stringContaining("abc") });
    if (want === "AlreadyAnswered")
      expect(verdict).toMatchObject({ message: expect.stringMatching(/ by ann already/) });
  });
});

describe("writeAnswer", () => {
  it("leaves nothing of an earlier answer", async () => {
    const { kube, remediation } = await stored({}, { decision: "deny", planDigest: "old", by: "ann", reason: "no" });
    await writeAnswer(kube, remediation, { decision: "approve", planDigest: "abc" });
    expect(kube.all(remediations)[0]?.spec.approval).toEqual({ decision: "approve", planDigest: "abc" });
  });

  it("writes nothing on a record that changed since it was judged", async () => {
    const { kube, remediation } = await stored();
    const { name } = remediation.metadata;
    const body = { status: { planDigest: "other" } };
    await kube.patchStatus(remediations, { namespace: NAMESPACE, name }, { type: "merge", body });
    const writing = writeAnswer(kube, remediation, { decision: "approve", planDigest: "abc" });
    await expect(writing).rejects.toSatisfy(isConflict);
    expect(kube.all(remediations)[0]?.spec.approval).toBeUndefined();
  });
});
