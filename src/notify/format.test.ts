import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stuckLabels } from "../../test/support/control-fixture.ts";
import { aRecord, secondsOn } from "../../test/support/record-builders.ts";
import type { RemediationStatus } from "../operarius/remediation.ts";
import { cloudEvent } from "./cloud-event.ts";
import { composeMessage, NOTIFICATION_EVENTS } from "./message.ts";
import { signature } from "./signature.ts";
import { MOST_SLACK_TEXT, slackBody } from "./slack.ts";

const DIGEST = "sha256:abc123";
const awaiting: RemediationStatus = {
  phase: "AwaitingApproval",
  reason: "RollbackNeedsApproval",
  message: "Roll back to revision 1.",
  cause: "C01",
  planDigest: DIGEST,
};
const from = { clusterName: "prod/1", others: [] };
const entry = { event: "ApprovalNeeded", about: DIGEST, at: secondsOn(5) };
const message = (status: RemediationStatus = awaiting, spec: Parameters<typeof aRecord>[1] = {}) =>
  composeMessage(aRecord(status, spec), entry, from);
const textOf = (given: ReturnType<typeof message>) => (slackBody(given) as { text: string }).text;

describe("composeMessage", () => {
  it("has one id for one entry, whatever became of it, and another for another", () => {
    const { id } = message();
    expect(composeMessage(aRecord({ phase: "Failed" }), { ...entry, tries: 3, at: secondsOn(9) }, from).id).toBe(id);
    expect(composeMessage(aRecord(awaiting, { name: "b" }), entry, from).id).not.toBe(id);
    expect(composeMessage(aRecord(awaiting), { ...entry, about: "other" }, from).id).not.toBe(id);
    expect(composeMessage(aRecord(awaiting), { ...entry, event: "Failed" }, from).id).not.toBe(id);
  });

  it("names the plan and how to answer only while it awaits an answer", () => {
    const { data } = message();
    expect(data.planDigest).toBe(DIGEST);
    expect(data.approve).toBe(
      `kubectl patch remediation daemonset-agent-abcdefghij-1 -n openfero --type merge -p '{"spec":{"approval":{"decision":"approve","planDigest":"${DIGEST}"}}}'`,
    );
    expect(data.commands.join("\n")).toContain('"decision":"deny"');
    const ended = message({ ...awaiting, phase: "Failed" }).data;
    expect(ended).not.toHaveProperty("approve");
    expect(ended.commands.join("\n")).not.toContain("approval");
  });

  it.each(["a b", "$(reboot)", "x;reboot", "`id`", "'", "-h", ""])("puts no target named %j into a command", (name) => {
    const target = { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name };
    expect(message(awaiting, { target }).data.commands.join("\n")).not.toContain("diagnose");
  });

  it.each(["'; reboot; '", "$(id)", "a b", ""])("offers no approval of a digest such as %j", (planDigest) => {
    expect(message({ ...awaiting, planDigest }).data).not.toHaveProperty("approve");
  });

  it("names ten others and counts all", () => {
    const others = Array.from({ length: 12 }, (_, index) => `ns/d${index}`);
    const { data } = composeMessage(aRecord(awaiting), entry, { ...from, others });
    expect([data.others.length, data.othersCount]).toEqual([10, 12]);
    expect(textOf({ ...message(), data })).toContain("ns/d9 and 2 more");
  });
});

describe("cloudEvent", () => {
  it("is structured CloudEvents 1.0", () => {
    expect(cloudEvent(message())).toMatchObject({
      specversion: "1.0",
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      source: "/operarius/prod%2F1",
      type: "io.openfero.remediation.approval-needed",
      subject: "openfero/daemonset-agent-abcdefghij-1",
      time: secondsOn(5),
      datacontenttype: "application/json",
      data: {
        remediation: "daemonset-agent-abcdefghij-1",
        namespace: "openfero",
        target: { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name: "agent" },
        alert: "KubeDaemonSetRolloutStuck",
        phase: "AwaitingApproval",
        reason: "RollbackNeedsApproval",
        message: "Roll back to revision 1.",
        cause: "C01",
        incident: "",
        planDigest: DIGEST,
      },
    });
  });

  it("names the namespace where no cluster is told, and carries no labels of the alert", () => {
    const labels = stuckLabels({ secret: "hunter2" });
    const alert = { status: "firing" as const, labels, annotations: { runbook: "hunter2" } };
    const given = composeMessage(aRecord(awaiting, { alert }), entry, { ...from, clusterName: "" });
    expect(cloudEvent(given).source).toBe("/operarius/openfero");
    expect(JSON.stringify([cloudEvent(given), slackBody(given)])).not.toContain("hunter2");
  });

  it.each(NOTIFICATION_EVENTS)("%s has a type in kebab case", (event) => {
    expect(cloudEvent({ ...message(), event }).type).toMatch(/^io\.openfero\.remediation\.[a-z]+(-[a-z]+)?$/);
  });
});

describe("slackBody", () => {
  it("says what, where, why and how to answer", () => {
    expect(textOf(message())).toBe(
      [
        "*A repair awaits approval*",
        "DaemonSet `kube-system/agent` in `c`",
        "AwaitingApproval (RollbackNeedsApproval): Roll back to revision 1.",
        "Alert `KubeDaemonSetRolloutStuck`, cause `C01`",
        `\`\`\`kubectl patch remediation daemonset-agent-abcdefghij-1 -n openfero --type merge -p '{"spec":{"approval":{"decision":"approve","planDigest":"${DIGEST}"}}}'`,
        "kubectl describe remediation daemonset-agent-abcdefghij-1 -n openfero",
        `kubectl patch remediation daemonset-agent-abcdefghij-1 -n openfero --type merge -p '{"spec":{"approval":{"decision":"deny","planDigest":"${DIGEST}"}}}'`,
        "operarius diagnose daemonset agent -n kube-system```",
      ].join("\n"),
    );
  });

  it.each([
    ["<!channel>", "&lt;!channel&gt;"],
    ["<@U123>", "&lt;@U123&gt;"],
    ["<https://evil|click>", "&lt;https://evil|click&gt;"],
    ["a & b", "a &amp; b"],
    ["`x`", "'x'"],
    ["a\nb\u0000c", "a b c"],
  ])("%j is only text", (value, want) => {
    const labels = stuckLabels({ alertname: value });
    const target = { cluster: value, kind: value, namespace: value, name: value };
    const status = { ...awaiting, message: value, reason: value, cause: value, incident: value };
    const text = textOf(message(status, { alert: { status: "firing", labels, annotations: {} }, target }));
    expect(text).toContain(want);
    expect(text).not.toContain(value);
  });

  it("never mentions, links, or is too long, whatever it is about", () => {
    const any = fc.string({ unit: fc.constantFrom("<", "&", ">", "`", "!", "x", "é", "😀", "\n"), maxLength: 5000 });
    fc.assert(
      fc.property(any, any, (one, two) => {
        const target = { cluster: one, kind: two, namespace: one, name: two };
        const status = { ...awaiting, message: two, reason: one, cause: two, incident: one };
        const given = composeMessage(aRecord(status, { target }), entry, {
          clusterName: one,
          others: Array.from({ length: 30 }, () => two),
        });
        const text = textOf(given);
        expect(text.length).toBeLessThanOrEqual(MOST_SLACK_TEXT);
        expect(text).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
        expect(text).toContain(given.data.approve);
        expect(text).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it("asks Slack to make nothing of what looks like a name or a link", () => {
    expect(slackBody(message())).toMatchObject({ parse: "none", link_names: false, unfurl_links: false });
  });
});

describe("signature", () => {
  it("is the HMAC of time and body", () => {
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature("s3cret", "body", 1_767_268_800_999)) ?? [];
    expect(t).toBe("1767268800");
    expect(v1).toBe(createHmac("sha256", "s3cret").update(`${t}.body`).digest("hex"));
  });

  it.each([
    ["secret", signature("other", "body", 0)],
    ["body", signature("s3cret", "bodY", 0)],
    ["time", signature("s3cret", "body", 1000)],
  ])("differs by %s", (_what, other) => {
    expect(other).not.toBe(signature("s3cret", "body", 0));
  });
});
