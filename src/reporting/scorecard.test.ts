import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { aRecord, RECORDED_AT, secondsOn } from "../../test/support/record-builders.ts";
import type { RemediationAttempt, RemediationLook, RemediationStatus } from "../operarius/remediation.ts";
import { DECISIONS, episodeOf, HAPPENINGS, scorecard, scorecardSchema } from "./scorecard.ts";
import { registerScorecard } from "./scorecard-metrics.ts";
import { scorecardText } from "./scorecard-text.ts";

const HOUR = 3600;
const NOW = RECORDED_AT + 24 * HOUR * 1000;
const period = { since: RECORDED_AT - 1, now: NOW };

function look(plan: RemediationLook["plan"], cause = "C01"): RemediationLook {
  return { at: secondsOn(1), health: "unhealthy", cause, reason: "Why", message: "Because.", plan, fingerprint: "f" };
}
const attempt = (overrides: Partial<RemediationAttempt> = {}): RemediationAttempt => ({
  n: 1,
  jobName: "j",
  finishedAt: secondsOn(120),
  ...overrides,
});
const wrote = attempt({ verdict: "recovered", lastWriteAt: secondsOn(60) });
const ended = (outcome: NonNullable<RemediationStatus["outcome"]>, seconds = 600): RemediationStatus => ({
  outcome,
  outcomeAt: secondsOn(seconds),
});
/** Observed: what the server would have done, and what happened without us. */
const shadow = (plan: RemediationLook["plan"], outcome: NonNullable<RemediationStatus["outcome"]>) => ({
  phase: "Cancelled" as const,
  mode: "observe" as const,
  firstLook: look(plan),
  ...ended(outcome),
});

const episode = (status: RemediationStatus, name = "agent") => episodeOf(aRecord(status, { name }));

describe("episodeOf", () => {
  it.each<[string, RemediationStatus, string, string, string]>([
    ["acted, repaired", { attempts: [wrote], ...ended("repaired") }, "act", "repaired", "agreed"],
    ["would have acted, a person did", shadow("act", "changed-by-person"), "act", "changed-by-person", "agreed"],
    ["would have acted for nothing", shadow("act", "self-healed"), "act", "self-healed", "disagreed"],
    ["acted in vain", { attempts: [wrote], ...ended("not-repaired") }, "act", "not-repaired", "disagreed"],
    ["waited rightly", shadow("wait", "self-healed"), "wait", "self-healed", "agreed"],
    ["waited, a person did not", shadow("wait", "changed-by-person"), "wait", "changed-by-person", "disagreed"],
    ["waited in vain", shadow("wait", "not-repaired"), "wait", "not-repaired", "disagreed"],
    ["nothing was needed", shadow("nothing", "self-healed"), "nothing", "self-healed", "agreed"],
    ["declined, healed", shadow("decline", "self-healed"), "decline", "self-healed", "agreed"],
    ["declined, a person came", shadow("decline", "changed-by-person"), "decline", "changed-by-person", "agreed"],
    ["declined, still in trouble", shadow("decline", "not-repaired"), "decline", "not-repaired", "notCounted"],
    ["gone", shadow("act", "gone"), "act", "gone", "notCounted"],
    ["never looked at", ended("self-healed"), "unknown", "self-healed", "notCounted"],
    ["empty", {}, "unknown", "open", "notCounted"],
    [
      "reversed within the hour",
      { phase: "Superseded", attempts: [wrote], changedBy: "kubectl", ...ended("changed-by-person", 60 + HOUR) },
      "act",
      "reversed",
      "disagreed",
    ],
    [
      "changed after the hour",
      { phase: "Superseded", attempts: [wrote], changedBy: "kubectl", ...ended("changed-by-person", 61 + HOUR) },
      "act",
      "changed-by-person",
      "agreed",
    ],
    [
      "changed without a write of ours",
      { phase: "Superseded", firstLook: look("act"), changedBy: "kubectl", ...ended("changed-by-person") },
      "act",
      "changed-by-person",
      "agreed",
    ],
    [
      "changed before our write",
      { attempts: [wrote], changedBy: "kubectl", ...ended("changed-by-person", 30) },
      "act",
      "changed-by-person",
      "agreed",
    ],
    [
      "denied by a person",
      { phase: "Declined", reason: "ApprovalDenied", ...ended("self-healed") },
      "act",
      "self-healed",
      "disagreed",
    ],
    [
      "lapsed",
      { phase: "Declined", reason: "ApprovalLapsed", ...ended("self-healed") },
      "act",
      "self-healed",
      "disagreed",
    ],
    ["a foreign Job", { phase: "Succeeded", attempts: [attempt()] }, "act", "unverified", "notCounted"],
    [
      "declined by the Job",
      { phase: "Declined", firstLook: look("act"), attempts: [attempt({ verdict: "declined" })] },
      "decline",
      "open",
      "notCounted",
    ],
    ["failed", { phase: "Failed", attempts: [attempt({ verdict: "failed" })] }, "unknown", "open", "notCounted"],
    ["ineffective", { phase: "Ineffective", attempts: [wrote] }, "act", "not-repaired", "disagreed"],
    [
      "in vain, and a person mended it later",
      { phase: "Ineffective", attempts: [wrote], changedBy: "kubectl", ...ended("changed-by-person") },
      "act",
      "not-repaired",
      "disagreed",
    ],
    [
      "failed after a write, and it healed later",
      { phase: "Failed", attempts: [wrote], ...ended("self-healed") },
      "act",
      "not-repaired",
      "disagreed",
    ],
    [
      "failed before any write, and it healed",
      { phase: "Failed", firstLook: look("wait"), ...ended("self-healed") },
      "wait",
      "self-healed",
      "agreed",
    ],
    [
      "repaired and then reversed",
      { phase: "Succeeded", attempts: [wrote], changedBy: "kubectl", ...ended("repaired", 900) },
      "act",
      "reversed",
      "disagreed",
    ],
    ["recovered by its Job's recount", { phase: "Succeeded", attempts: [wrote] }, "act", "repaired", "agreed"],
  ])("%s", (_what, status, decision, happened, judgement) => {
    expect(episodeOf(aRecord(status))).toMatchObject({ decision, happened, judgement });
  });

  it.each<[RemediationStatus, string]>([
    [{ mode: "approve" }, "approve"],
    [{ phase: "Blocked", reason: "ObserveMode" }, "observe"],
    [{ attempts: [attempt({ approvedPlan: "p" })] }, "approve"],
    [{ attempts: [attempt()] }, "auto"],
    [{}, "unknown"],
  ])("%o is of mode %s", (status, mode) => expect(episodeOf(aRecord(status)).mode).toBe(mode));

  it.each<[RemediationStatus, string]>([
    [{ cause: "C07" }, "C07"],
    [{ cause: "none", firstLook: look("act", "C02"), look: look("nothing", "none") }, "C02"],
    [{ cause: "<script>" }, "other"],
    [{}, "none"],
  ])("%o has the cause %s", (status, cause) => expect(episodeOf(aRecord(status)).cause).toBe(cause));
});

describe("scorecard", () => {
  const healed = (name: string, minutes: number) =>
    episode({ ...shadow("wait", "self-healed"), ...ended("self-healed", minutes * 60) }, name);

  it.each([
    [[], undefined],
    [[5], 5],
    [[30, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
  ])("the median of %j minutes is %s", (minutes, want) => {
    const records = minutes.map((each, index) => healed(`d${index}`, each));
    const { selfHealed } = scorecard(records, period);
    expect(selfHealed).toEqual({ count: minutes.length, ...(want === undefined ? {} : { medianMinutes: want }) });
  });

  it("counts what came in the period, of the namespace asked for", () => {
    const record = episode({});
    expect(scorecard([record], { since: RECORDED_AT, now: RECORDED_AT }).episodes).toBe(1);
    expect(scorecard([record], { since: RECORDED_AT + 1, now: NOW }).episodes).toBe(0);
    expect(scorecard([record], { since: 0, now: RECORDED_AT - 1 }).episodes).toBe(0);
    expect(scorecard([record], { ...period, namespace: "kube-system" }).episodes).toBe(1);
    expect(scorecard([record], { ...period, namespace: "other" }).episodes).toBe(0);
  });

  it("adds up, in all and by cause and mode", () => {
    const card = scorecard(some, period);
    expect(scorecardSchema.parse(card)).toEqual(card);
    const total = (values: Readonly<Record<string, number>>) => Object.values(values).reduce((a, b) => a + b, 0);
    expect([total(card.agreement), total(card.decisions), total(card.outcomes)]).toEqual([5, 5, 5]);
    for (const part of [card.byCause, card.byMode])
      expect(part.map(({ episodes }) => episodes).reduce((a, b) => a + b, 0)).toBe(5);
    expect(card.agreement).toEqual({ agreed: 2, disagreed: 2, notCounted: 1 });
    expect(card.byCause.map(({ cause }) => cause)).toEqual(["C01", "C02", "none"]);
    expect(card.byMode.map(({ mode }) => mode)).toEqual(["observe", "auto", "unknown"]);
  });

  const some = [
    healed("a", 7),
    episode(shadow("act", "self-healed"), "b"),
    episode({ cause: "C02", attempts: [wrote], ...ended("repaired") }, "c"),
    episode({ cause: "C02", attempts: [wrote], changedBy: "kubectl", ...ended("changed-by-person") }, "d"),
    episode({}, "e"),
  ];

  it("reads like this, in 80 columns", () => {
    const text = scorecardText(scorecard(some, period), { width: 80, colour: false }, "30d");
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text).toContain(
      [
        "5 episodes in all namespaces in the last 30d. Of the 4 that can be judged, 2",
        "agree with what happened (50 %).",
        "",
        "CAUSE  ALL  AGREED  REPAIRED  HEALED  PERSON  NO HELP  REVERSED  DECLINED",
        "C01    2    1/2     0         2       0       0        0         0",
        "C02    2    1/2     1         0       0       0        1         0",
        "none   1    0/0     0         0       0       0        0         0",
        "all    5    2/4     1         2       0       0        1         0",
        "",
        "2 episodes healed without us, half of them within 8.5 minutes. Of 1 episode the",
        "end is not known.",
        "In mode observe: 2 episodes, agreed 1/2.",
        "In mode auto: 2 episodes, agreed 1/2.",
        "Without a known mode: 1 episode, agreed 0/0.",
      ].join("\n"),
    );
  });

  it.each([
    [[], "There was no episode in all namespaces in the last 30d.\n"],
    [[episode({})], "1 episode in all namespaces in the last 30d; none of them can be judged yet.\n"],
  ])("has words for little", (records, want) => {
    const text = scorecardText(scorecard(records, period), { width: 200, colour: false }, "30d");
    expect(text.startsWith(want)).toBe(true);
  });

  describe("metrics", () => {
    const metricsOf = async (records: Parameters<typeof scorecard>[0]) => {
      const registry = new Registry();
      registerScorecard(registry, { episodes: () => records, now: () => NOW });
      return (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    };

    it("say the same as the command, with few series", async () => {
      const lines = await metricsOf(some);
      expect(lines).toContain('openfero_scorecard_episodes{outcome="self-healed"} 2');
      expect(lines).toContain('openfero_scorecard_episodes{outcome="reversed"} 1');
      expect(lines).toContain('openfero_scorecard_decisions{decision="act"} 3');
      expect(lines).toContain('openfero_scorecard_agreement{mode="observe",result="disagreed"} 1');
      expect(lines).toContain('openfero_scorecard_agreement{mode="unknown",result="not-counted"} 1');
      expect(lines).toContain('openfero_scorecard_causes{cause="C02"} 2');
      expect(lines).toContain("openfero_scorecard_self_healed_median_seconds 510");
      expect(lines.length).toBeLessThan(HAPPENINGS.length + DECISIONS.length + 20);
    });

    it("say nothing where there are no records", async () => expect(await metricsOf([])).toEqual([]));

    it("forget what they counted before", async () => {
      const registry = new Registry();
      const records = [...some];
      registerScorecard(registry, { episodes: () => records, now: () => NOW });
      expect(await registry.metrics()).toContain('{cause="C02"} 2');
      records.length = 0;
      expect(await registry.metrics()).not.toContain("{cause=");
    });
  });
});
