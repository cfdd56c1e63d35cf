import { describe, expect, it } from "vitest";
import { acts, declines, deletion, rollback } from "../../test/support/fake-run.ts";
import type { Progress } from "../engine/report.ts";
import type { Diagnosis, Finding, Plan, Verdict } from "../engine/types.ts";
import { createHealText } from "./heal-text.ts";

const finding: Finding = {
  cause: "C04",
  reason: "OneNodeOnly",
  message: "Only n1 has trouble.",
  evidence: ["exit code 1"],
  pods: [],
  nodes: [],
  commands: [],
};
const ill: Diagnosis = {
  kind: "unhealthy",
  reason: "OneNodeOnly",
  message: "Only n1 has trouble.",
  findings: [finding],
};
const well: Diagnosis = { kind: "healthy", reason: "Healthy", message: "All 4 pods run." };
const look = (diagnosis: Diagnosis): Progress => ({
  kind: "look",
  diagnosis,
  description: { status: ["reported: 4"], pods: ["agent-n1 on n1: crashes"] },
});
const planned = (plan: Plan): Progress => ({ kind: "plan", plan });
const wrote = (step = deletion(), dryRun = false): Progress => ({ kind: "wrote", step, dryRun });
const soaking: Progress = {
  kind: "health",
  health: { healthy: true, soakedMs: 0, requiredMs: 60_000 },
  remainingMs: 100_000,
};
const dwell: Progress = { kind: "dwell", ms: 30_000 };
const HEADINGS = [
  "1. Status",
  "2. Pods that are not running",
  "3. Delete stuck pods",
  "4. Rollout restart",
  "5. Wait for the result",
];

function tell(
  progress: readonly Progress[],
  end: Partial<{ verdict: Verdict; cause: string; fix: string; next: string[] }> = {},
): string[] {
  const lines: string[] = [];
  const text = createHealText((line) => void lines.push(line));
  for (const each of progress) text.report(each);
  const verdict: Verdict = { kind: "declined", reason: "NodeDown", message: "Node n1 does not answer." };
  text.finish({ verdict, notes: undefined, next: [], cause: "the cause", fix: "kubectl describe node n1", ...end });
  return lines;
}

describe("always all five steps, in order, each with a word, and the last two lines", () => {
  const runs: [string, Progress[]][] = [
    ["nothing was read", []],
    ["only a note before the first look", [{ kind: "note", message: "there is no namespace openfero" }]],
    ["healthy", [look(well), soaking]],
    ["declined", [look(ill), planned(declines("NodeDown"))]],
    [
      "waiting",
      [
        look(ill),
        planned({
          kind: "wait",
          reason: "Waiting",
          message: "too young",
          recheckAfterMs: 1,
          notes: { delete: "a", template: "b" },
        }),
      ],
    ],
    [
      "one deletion",
      [look(ill), planned(acts("d")), dwell, look(ill), planned(acts("d")), wrote(), look(well), soaking],
    ],
    ["a rollback", [look(ill), planned(acts("r", { steps: [rollback] })), dwell, wrote(rollback), look(well), soaking]],
    [
      "several waves",
      [
        look(ill),
        planned(acts("d", { more: true })),
        wrote(),
        look(ill),
        planned(acts("e")),
        wrote(deletion("n2")),
        look(well),
        soaking,
      ],
    ],
    [
      "a rollback, then a deletion",
      [look(ill), planned(acts("r", { steps: [rollback] })), wrote(rollback), look(ill), planned(acts("d")), wrote()],
    ],
    ["a relapse after the soak began", [look(well), soaking, look(ill), planned(declines("X"))]],
    ["a target that moved", [look(ill), planned(acts("d")), { kind: "moved", message: "the pod changed" }]],
    [
      "a guard's veto",
      [
        look(ill),
        planned(acts("d")),
        {
          kind: "guards",
          reports: [{ name: "SelfNode", result: { kind: "veto", reason: "SelfNode", message: "runs there" } }],
        },
      ],
    ],
    ["a dry run", [look(ill), planned(acts("d")), wrote(deletion(), true)]],
  ];

  it.each(runs)("%s", (_name, progress) => {
    const lines = tell(progress);
    expect(lines.filter((line) => /^\d\. /.test(line))).toEqual(HEADINGS);
    expect(lines.slice(-2)).toEqual(["cause: the cause", "fix: kubectl describe node n1"]);
    for (const heading of HEADINGS) expect(lines[lines.indexOf(heading) + 1], heading).toMatch(/^ {3}\S/);
  });
});

describe("the words", () => {
  it("a deletion: what was seen, why, when, what was done, and why not more", () => {
    const again = planned(acts("d"));
    const lines = tell(
      [look(ill), planned(acts("d")), dwell, look(ill), again, wrote(), look(well), soaking, soaking],
      {
        verdict: { kind: "recovered", reason: "Recovered", message: "All 4 pods run." },
      },
    );
    expect(lines).toEqual([
      "1. Status",
      "   reported: 4",
      "   Only n1 has trouble.",
      "   evidence: exit code 1",
      "2. Pods that are not running",
      "   agent-n1 on n1: crashes",
      "3. Delete stuck pods",
      "   looking again in 30 s before anything is changed",
      "   done: delete on n1",
      "4. Rollout restart",
      "   about the template",
      "5. Wait for the result",
      "   healthy; it counts after 60 s without a relapse",
      "   recovered (Recovered): All 4 pods run.",
      "cause: the cause",
      "fix: kubectl describe node n1",
    ]);
  });

  it("what is not done says why, under its number", () => {
    const lines = tell([look(ill), planned(declines("NodeDown"))]);
    expect(lines[lines.indexOf("3. Delete stuck pods") + 1]).toBe("   about deletion");
    expect(lines[lines.indexOf("4. Rollout restart") + 1]).toBe("   about the template");
  });

  it("commands for a person come before the last two lines", () => {
    expect(tell([], { next: ["kubectl get nodes"] }).at(-3)).toBe("   for a person: kubectl get nodes");
  });

  it("the last two lines stay two, whatever others have written", () => {
    const lines = tell([], { cause: "first\nsecond\r\n third", fix: "kubectl x\n" });
    expect(lines.slice(-2)).toEqual(["cause: first second third", "fix: kubectl x"]);
  });

  it("a guard that passes says nothing; one that could not be evaluated does", () => {
    const reports = [
      { name: "Budget", result: { kind: "pass" as const } },
      { name: "OptOut", result: { kind: "not-evaluated" as const, scope: "namespaces", message: "cannot be read" } },
    ];
    const lines = tell([look(ill), { kind: "guards", reports }, { kind: "policies", notes: ["rollback lowered"] }]);
    expect(lines.filter((line) => /guard|lowered/.test(line))).toEqual([
      "   guard OptOut: cannot be read",
      "   rollback lowered",
    ]);
  });
});
