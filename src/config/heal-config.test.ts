import { describe, expect, it } from "vitest";
import { parseDuration } from "./duration.ts";
import type { HealConfig, HealFlags } from "./heal-config.ts";
import { budgetStart, readHealConfig } from "./heal-config.ts";

type Env = Record<string, string | undefined>;

function good(flags: HealFlags = {}, env: Env = {}, name: string | undefined = "agent"): HealConfig {
  const read = readHealConfig(name, { namespace: "kube-system", ...flags }, env);
  if ("problems" in read) throw new Error(read.problems.join("; "));
  return read.config;
}

function problems(flags: HealFlags, env: Env = {}, name?: string): string[] {
  const read = readHealConfig(name, flags, env);
  return "problems" in read ? read.problems : [];
}

describe("the target", () => {
  it.each<[string, HealFlags, Env, string | undefined, string, string]>([
    ["by flag and argument", { namespace: "a" }, {}, "x", "a", "x"],
    ["by the variables of the Job", {}, { OPENFERO_NAMESPACE: "b", OPENFERO_DAEMONSET: "y" }, undefined, "b", "y"],
    [
      "the exported namespace goes first",
      {},
      { OPENFERO_EXPORTED_NAMESPACE: "c", OPENFERO_NAMESPACE: "b" },
      "x",
      "c",
      "x",
    ],
    [
      "flags go before variables",
      { namespace: "a" },
      { OPENFERO_EXPORTED_NAMESPACE: "c", OPENFERO_DAEMONSET: "y" },
      "x",
      "a",
      "x",
    ],
  ])("%s", (_name, flags, env, name, namespace, daemonSet) => {
    const read = readHealConfig(name, flags, env);
    expect("config" in read && read.config.target).toEqual({
      cluster: "",
      kind: "DaemonSet",
      namespace,
      name: daemonSet,
    });
  });

  it.each<[string, string]>([
    ["", "is empty"],
    ["  ", "is empty"],
    ["a".repeat(300), "is not the name of a"],
    ["agent\nkube-proxy", "is not the name of a"],
    ['agent"; rm', "is not the name of a"],
    ["it's", "is not the name of a"],
    ["{{ .Labels.daemonset }}", "is not the name of a"],
    ["$(DAEMONSET)", "is not the name of a"],
    ["Agent", "is not the name of a"],
    ["-agent", "is not the name of a"],
    ["agent-", "is not the name of a"],
    ["agent/../x", "is not the name of a"],
    ["agent?x=y", "is not the name of a"],
    ["агент", "is not the name of a"],
    ["--all", "is not the name of a"],
  ])("%j is refused with a way out, wherever it comes from", (text, want) => {
    for (const found of [
      problems({ namespace: "kube-system" }, {}, text),
      problems({ namespace: text }, {}, "agent"),
      problems({}, { OPENFERO_NAMESPACE: text }, "agent"),
      problems({ namespace: "kube-system" }, { OPENFERO_DAEMONSET: text }),
    ]) {
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(want);
      expect(found[0]?.length).toBeLessThan(250);
      expect(found[0]).not.toContain("\n");
    }
  });

  it("an empty exported namespace is a mistake, not an absence", () => {
    expect(problems({}, { OPENFERO_EXPORTED_NAMESPACE: "", OPENFERO_NAMESPACE: "b" }, "x")[0]).toMatch(
      /the namespace is empty/,
    );
  });

  it("a name of 253 characters with dots is one", () => {
    expect(good({}, {}, `${"a".repeat(251)}.b`).target.name).toHaveLength(253);
  });
});

describe("defaults", () => {
  it("are the documented ones", () => {
    expect(good()).toMatchObject({
      policies: { strategy: "guided", rollback: "approve", delete: "on", forceDelete: [] },
      settings: { pace: "normal", timeoutMs: 270_000 },
      autoTimeout: false,
      deadlineMs: undefined,
      dryRun: "none",
      output: "text",
      approvedPlan: undefined,
      installationNamespace: undefined,
      remediation: "",
      nodeName: "",
    });
  });

  it("no mode is auto, and so is an empty variable", () => {
    expect(good().policies.mode).toBeUndefined();
    expect(good({ mode: "auto" }, { OPERARIUS_MODE: "" }).policies.mode).toBeUndefined();
  });

  it("an empty variable of the server is an absent one", () => {
    const env = { OPERARIUS_APPROVED_PLAN: "", OPERARIUS_NAMESPACE: "", OPERARIUS_DEADLINE_SECONDS: "" };
    expect(good({}, env)).toMatchObject({
      approvedPlan: undefined,
      installationNamespace: undefined,
      deadlineMs: undefined,
    });
  });
});

describe("values", () => {
  it.each<[HealFlags, Env, object]>([
    [{ dryRun: true }, {}, { dryRun: "client" }],
    [{ dryRun: "server" }, {}, { dryRun: "server" }],
    [{ timeout: "auto" }, {}, { autoTimeout: true, settings: { timeoutMs: 270_000 } }],
    [{ timeout: "4m30s" }, {}, { settings: { timeoutMs: 270_000 } }],
    [{ soak: "0", dwell: "0s" }, {}, { settings: { soakMs: 0, dwellMs: 0 } }],
    [{ minAge: "1m" }, {}, { settings: { minAgeMs: 60_000, selfHealingAgeMs: 60_000 } }],
    [{ pace: "fast" }, {}, { settings: { pace: "fast" } }],
    [{}, { OPERARIUS_PACE: "fast" }, { settings: { pace: "fast" } }],
    [{ pace: "normal" }, { OPERARIUS_PACE: "fast" }, { settings: { pace: "normal" } }],
    [{ forceDelete: "uid-1,uid-2," }, {}, { policies: { forceDelete: ["uid-1", "uid-2"] } }],
    [{ approvedPlan: "abc" }, { OPERARIUS_APPROVED_PLAN: "def" }, { approvedPlan: "abc" }],
    [{ mode: "approve" }, {}, { policies: { mode: "approve" } }],
    [{}, { OPERARIUS_MODE: "approve" }, { policies: { mode: "approve" } }],
    [{ mode: "auto" }, { OPERARIUS_MODE: "approve" }, { policies: { mode: "approve" } }],
    [{ mode: "approve" }, { OPERARIUS_MODE: "auto" }, { policies: { mode: "approve" } }],
    [
      {},
      { OPERARIUS_APPROVED_PLAN: "def", OPERARIUS_REMEDIATION: "rem-1", NODE_NAME: "n1" },
      { approvedPlan: "def", remediation: "rem-1", nodeName: "n1" },
    ],
    [{}, { OPERARIUS_DEADLINE_SECONDS: "300" }, { deadlineMs: 300_000 }],
  ])("%j %j", (flags, env, want) => {
    expect(good(flags, env)).toMatchObject(want);
  });

  it.each<[HealFlags, Env, RegExp]>([
    [{ strategy: "delete" }, {}, /--strategy is "delete"; it must be one of guided, restart/],
    [{ strategy: "" }, {}, /--strategy is ""/],
    [{ rollback: "Auto" }, {}, /--rollback is "Auto"; it must be one of off, suggest, approve, auto/],
    [{ delete: "yes" }, {}, /--delete is "yes"; it must be one of off, on/],
    [{ dryRun: "both" }, {}, /--dry-run is "both"; it must be one of none, client, server/],
    [{ output: "yaml" }, {}, /--output is "yaml"; it must be one of text, json/],
    [{ pace: "faster" }, {}, /--pace is "faster"/],
    [{}, { OPERARIUS_PACE: "{{" }, /--pace is "\{\{"/],
    [{ timeout: "4" }, {}, /--timeout is "4"; it must be a duration such as 90s or 4m30s, at least 5s/],
    [{ timeout: "1s" }, {}, /at least 5s/],
    [{ timeout: "-5m" }, {}, /--timeout/],
    [{ soak: "long" }, {}, /--soak is "long"; it must be a duration such as 90s or 4m30s$/],
    [{ dwell: "" }, {}, /--dwell is ""/],
    [{ minAge: "1d" }, {}, /--min-age is "1d"/],
    [
      {},
      { OPERARIUS_DEADLINE_SECONDS: "5m" },
      /OPERARIUS_DEADLINE_SECONDS is "5m"; it must be a whole number of seconds/,
    ],
    [{}, { OPERARIUS_DEADLINE_SECONDS: "0" }, /OPERARIUS_DEADLINE_SECONDS/],
  ])("%j %j is refused", (flags, env, want) => {
    const found = problems({ namespace: "kube-system", ...flags }, env, "agent");
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(want);
  });

  it("all problems come together", () => {
    const found = problems(
      { strategy: "x", rollback: "x", delete: "x", dryRun: "x", output: "x", pace: "x", timeout: "x", soak: "x" },
      { OPERARIUS_DEADLINE_SECONDS: "x" },
    );
    expect(found).toHaveLength(11);
    expect(found.slice(0, 2)).toEqual([
      "no namespace is given: give -n NAMESPACE or the variable OPENFERO_NAMESPACE",
      "no DaemonSet is given: give its name as the argument or the variable OPENFERO_DAEMONSET",
    ]);
  });
});

describe("durations", () => {
  it.each<[string, number | undefined]>([
    ["0", 0],
    ["250ms", 250],
    ["5s", 5000],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    ["", undefined],
    ["5", undefined],
    ["s", undefined],
    ["5 s", undefined],
    ["-5s", undefined],
    ["5s5", undefined],
    ["1e3s", undefined],
    ["5S", undefined],
  ])("%j: %s", (text, want) => expect(parseDuration(text)).toBe(want));
});

describe("budgetStart", () => {
  const started = Date.parse("2026-01-01T12:00:40Z");
  const job = (text: string | undefined, deadlineMs: number | undefined = 300_000) =>
    budgetStart({ jobCreatedAtMs: text === undefined ? undefined : Date.parse(text), deadlineMs }, started);

  it.each<[string, string | undefined, string]>([
    ["counts from the Job, however long its image took", "2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"],
    ["counts from the program where there is no Job", undefined, "2026-01-01T12:00:40Z"],
    ["does not believe a Job of the future", "2026-01-01T12:05:00Z", "2026-01-01T12:00:40Z"],
    ["does not believe a Job whose deadline would be over", "2026-01-01T11:00:00Z", "2026-01-01T12:00:40Z"],
  ])("%s", (_, created, want) => expect(job(created)).toBe(Date.parse(want)));

  it("is read from the variable, and an unreadable one is left aside", () => {
    const config = (value: string) => readHealConfig("agent", { namespace: "x" }, { OPERARIUS_JOB_CREATED_AT: value });
    expect(config("2026-01-01T12:00:00Z")).toMatchObject({
      config: { jobCreatedAtMs: Date.parse("2026-01-01T12:00:00Z") },
    });
    expect(config("soon")).toMatchObject({ config: { jobCreatedAtMs: undefined } });
  });
});

describe("the record and its extras", () => {
  it("takes the record, its uid and the attempt from the variables of the Job", () => {
    const env = {
      OPERARIUS_REMEDIATION: "rem-1",
      OPERARIUS_REMEDIATION_UID: "uid-1",
      OPERARIUS_ATTEMPT: "3",
      OPENFERO_SEVERITY: "warning",
    };
    expect(good({}, env)).toMatchObject({
      remediation: "rem-1",
      remediationUid: "uid-1",
      attempt: 3,
      alert: { OPENFERO_SEVERITY: "warning" },
    });
    expect(good()).toMatchObject({ remediation: "", remediationUid: "", attempt: 0, alert: {}, logExcerpts: 0 });
    expect(good({}, { OPERARIUS_ATTEMPT: "-1" }).attempt).toBe(0);
  });

  it("takes a bounded number of log lines", () => {
    expect(good({ logExcerpts: "20" }).logExcerpts).toBe(20);
    for (const text of ["51", "-1", "many", ""])
      expect(problems({ namespace: "a", logExcerpts: text }, {}, "x")).toEqual([
        expect.stringContaining("a number of lines from 0 to 50"),
      ]);
  });
});
