import { describe, expect, test } from "vitest";
import { logComplaints } from "./job-log.ts";

const lines = [
  "operarius heal daemonset agents/agent",
  "1. Status",
  "   reported: desired 3",
  "2. Pods that are not running",
  "3. Delete stuck pods",
  "4. Rollout restart",
  "5. Wait for the result",
  "cause: C04 OneNodeOnly: something on n2 is not",
  "fix: kubectl delete pod agent-x -n agents   # done",
];
const wanted = { cause: "C04 ", fix: "kubectl delete pod agent-x -n agents" };

describe("logComplaints", () => {
  test("a whole log has none", () => {
    expect(logComplaints(`${lines.join("\n")}\n`, wanted)).toEqual([]);
  });

  test.each([
    ["a step is missing", lines.filter((line) => !line.startsWith("4.")), "does not show the five steps"],
    ["a step comes twice", ["1. Status", ...lines], "does not show the five steps"],
    ["it goes on after the last line", [...lines, "more"], 'has no last line that begins with "fix: kubectl'],
    [
      "another cause",
      lines.map((line) => line.replace("C04", "C05")),
      'last line but one that begins with "cause: C04 "',
    ],
    ["nothing", [""], "does not show the five steps"],
  ])("%s", (_, log, words) => {
    expect(logComplaints(log.join("\n"), wanted).join("; ")).toContain(words);
  });
});
