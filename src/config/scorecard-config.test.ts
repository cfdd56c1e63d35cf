import { describe, expect, it } from "vitest";
import { parseDays, readScorecardConfig } from "./scorecard-config.ts";

const HOUR = 3_600_000;

describe("parseDays", () => {
  it.each([
    ["30d", 720 * HOUR],
    ["12h", 12 * HOUR],
    ["90m", 1.5 * HOUR],
    ["1d12h", 36 * HOUR],
  ])("%s is %i ms", (text, want) => expect(parseDays(text)).toBe(want));
  it.each(["", "30", "d", "0d", "-1d", "1.5d", "1w", "30 d", "9999d", "1s"])("%j is none", (text) =>
    expect(parseDays(text)).toBeUndefined(),
  );
});

describe("readScorecardConfig", () => {
  it("looks at thirty days of all targets in the usual place", () => {
    expect(readScorecardConfig([], {}, {})).toMatchObject({
      config: { sinceMs: 720 * HOUR, namespace: "", installationNamespace: "openfero", output: "text" },
    });
  });

  it("finds the records where the server keeps them", () => {
    const env = { OPERARIUS_NAMESPACE: "ops" };
    expect(readScorecardConfig([], {}, env)).toMatchObject({ config: { installationNamespace: "ops" } });
    expect(readScorecardConfig([], { installationNamespace: "x" }, env)).toMatchObject({
      config: { installationNamespace: "x" },
    });
  });

  it("reports all problems together", () => {
    const flags = { since: "1w", namespace: "A", output: "yaml", installationNamespace: "" };
    const read = readScorecardConfig(["daemonset"], flags, {});
    const problems = "problems" in read ? read.problems : [];
    expect(problems).toHaveLength(5);
    for (const word of ["--since", '"A"', "--output", "empty", '"daemonset"']) expect(problems.join()).toContain(word);
  });
});
