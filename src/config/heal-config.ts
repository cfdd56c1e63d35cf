/** Flags and variables of `heal` and `diagnose` to one checked value; all problems are reported together (pure). */

import { settingsFor } from "../engine/settings.ts";
import type { Policies, Settings, Target } from "../engine/types.ts";
import { alertVariables } from "./alert-variables.ts";
import { parseDuration } from "./duration.ts";

/** As commander leaves them: absent, or the text that was given. */
export interface HealFlags {
  namespace?: string;
  dryRun?: string | true;
  strategy?: string;
  rollback?: string;
  delete?: string;
  mode?: string;
  forceDelete?: string;
  timeout?: string;
  pace?: string;
  soak?: string;
  dwell?: string;
  minAge?: string;
  output?: string;
  receipt?: string;
  logExcerpts?: string;
  kubeconfig?: string;
  context?: string;
  approvedPlan?: string;
  installationNamespace?: string;
}

export interface HealConfig {
  target: Target;
  settings: Settings;
  /** `--timeout auto`: sized to the fleet once it is known, never beyond `deadlineMs`. */
  autoTimeout: boolean;
  /** The Job's deadline; undefined outside a Job of ours. */
  deadlineMs: number | undefined;
  /** When our server made the Job, in milliseconds since the epoch; undefined outside a Job of ours. */
  jobCreatedAtMs: number | undefined;
  policies: Policies;
  dryRun: "none" | "client" | "server";
  output: "text" | "json";
  receipt: string | undefined;
  kubeconfig: string | undefined;
  context: string | undefined;
  approvedPlan: string | undefined;
  /** Name of the record that this run belongs to; "" outside our server. */
  remediation: string;
  /** Its uid and the number of this attempt, as our server tells its Jobs; "" and 0 outside of one. */
  remediationUid: string;
  attempt: number;
  /** The alert's labels as variables. */
  alert: Readonly<Record<string, string>>;
  /** Lines of the log of each crashed container that are put into the receipt; 0 = none. */
  logExcerpts: number;
  /** Where ledger and pause live; undefined = not said, so the default. */
  installationNamespace: string | undefined;
  nodeName: string;
}

const MOST_EXCERPT_LINES = 50;
const MODES = ["auto", "approve"] as const;

export type Env = Readonly<Record<string, string | undefined>>;

/** A Kubernetes object name (RFC 1123 subdomain). */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The configuration, or every problem with it in words. */
export function readHealConfig(
  name: string | undefined,
  flags: HealFlags,
  env: Env,
): { config: HealConfig } | { problems: string[] } {
  const problems: string[] = [];
  const target: Target = {
    // The lock is kept in the cluster itself, where its name in alerts does not matter.
    cluster: "",
    kind: "DaemonSet",
    namespace: targetPart(
      problems,
      "namespace",
      [flags.namespace, env.OPENFERO_EXPORTED_NAMESPACE, env.OPENFERO_NAMESPACE],
      "-n NAMESPACE or the variable OPENFERO_NAMESPACE",
    ),
    name: targetPart(
      problems,
      "DaemonSet",
      [name, env.OPENFERO_DAEMONSET],
      "its name as the argument or the variable OPENFERO_DAEMONSET",
    ),
  };
  const { settings, policies } = readRepair(problems, flags, env);
  const dryRun = oneOf(problems, "--dry-run", flags.dryRun === true ? "client" : (flags.dryRun ?? "none"), [
    "none",
    "client",
    "server",
  ]);
  const output = oneOf(problems, "--output", flags.output ?? "text", ["text", "json"]);
  const deadlineMs = deadline(problems, env.OPERARIUS_DEADLINE_SECONDS);
  const excerpts = wholeNumber(flags.logExcerpts);
  if (flags.logExcerpts !== undefined && (excerpts === undefined || excerpts > MOST_EXCERPT_LINES))
    problems.push(
      `--log-excerpts is ${JSON.stringify(flags.logExcerpts)}; it must be a number of lines from 0 to ${MOST_EXCERPT_LINES}`,
    );
  if (problems.length > 0) return { problems };
  return {
    config: {
      target,
      settings,
      autoTimeout: flags.timeout === "auto",
      deadlineMs,
      jobCreatedAtMs: instant(env.OPERARIUS_JOB_CREATED_AT),
      policies,
      dryRun,
      output,
      receipt: flags.receipt,
      kubeconfig: flags.kubeconfig,
      context: flags.context,
      approvedPlan: flags.approvedPlan ?? (env.OPERARIUS_APPROVED_PLAN || undefined),
      remediation: env.OPERARIUS_REMEDIATION ?? "",
      remediationUid: env.OPERARIUS_REMEDIATION_UID ?? "",
      attempt: wholeNumber(env.OPERARIUS_ATTEMPT) ?? 0,
      alert: alertVariables(env),
      logExcerpts: excerpts ?? 0,
      installationNamespace: flags.installationNamespace ?? (env.OPERARIUS_NAMESPACE || undefined),
      nodeName: env.NODE_NAME ?? "",
    },
  };
}

/** How fast and how far a repair may go; problems are added to the list. */
export function readRepair(problems: string[], flags: HealFlags, env: Env): { settings: Settings; policies: Policies } {
  const pace = oneOf(problems, "--pace", flags.pace ?? env.OPERARIUS_PACE ?? "normal", ["normal", "fast"]);
  const overrides = {
    ...optional(
      "timeoutMs",
      flags.timeout === "auto" ? undefined : duration(problems, "--timeout", flags.timeout, 5000),
    ),
    ...optional("dwellMs", duration(problems, "--dwell", flags.dwell, 0)),
    ...optional("soakMs", duration(problems, "--soak", flags.soak, 0)),
    ...optional("minAgeMs", duration(problems, "--min-age", flags.minAge, 0)),
  };
  // What the installation demands, no Operarius can take back.
  const modes = [
    oneOf(problems, "--mode", flags.mode ?? "auto", MODES),
    oneOf(problems, "OPERARIUS_MODE", env.OPERARIUS_MODE || "auto", MODES),
  ];
  const policies: Policies = {
    strategy: oneOf(problems, "--strategy", flags.strategy ?? "guided", ["guided", "restart"]),
    rollback: oneOf(problems, "--rollback", flags.rollback ?? "approve", ["off", "suggest", "approve", "auto"]),
    delete: oneOf(problems, "--delete", flags.delete ?? "on", ["off", "on"]),
    forceDelete: (flags.forceDelete ?? "").split(",").filter((uid) => uid !== ""),
    ...(modes.includes("approve") ? { mode: "approve" } : {}),
  };
  return { settings: settingsFor(pace, overrides), policies };
}

function wholeNumber(text: string | undefined): number | undefined {
  return /^\d{1,9}$/.test(text ?? "") ? Number(text) : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

/** The first source that is given, even if empty: an empty one is a mistake, not an absence. Problems are added to the list. */
export function targetPart(
  problems: string[],
  what: string,
  sources: readonly (string | undefined)[],
  way: string,
): string {
  const given = sources.find((source) => source !== undefined);
  if (given === undefined) problems.push(`no ${what} is given: give ${way}`);
  else if (given.trim() === "") problems.push(`the ${what} is empty: give ${way}`);
  else if (!NAME.test(given)) {
    const shown = JSON.stringify(given.length > 80 ? `${given.slice(0, 80)}…` : given);
    problems.push(
      `${shown} is not the name of a ${what}: Kubernetes names have lower-case letters, digits, "-" and "."`,
    );
  }
  return given ?? "";
}

/** The value, which must be one of those allowed; otherwise a problem is added and the first of them returned. */
export function oneOf<const T extends string>(
  problems: string[],
  flag: string,
  value: string,
  allowed: readonly [T, ...T[]],
): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined)
    problems.push(`${flag} is ${JSON.stringify(value)}; it must be one of ${allowed.join(", ")}`);
  return found ?? allowed[0];
}

function duration(problems: string[], flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || ms < least) {
    problems.push(
      `${flag} is ${JSON.stringify(text)}; it must be a duration such as 90s or 4m30s${least > 0 ? `, at least ${least / 1000}s` : ""}`,
    );
  }
  return ms;
}

/** A time that cannot be read is no reason not to repair: the budget then counts from the start of the program. */
function instant(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

/** When the budget began: with the Job where that is known, since an image may have taken long to arrive (DESIGN.md, Time). */
export function budgetStart(
  { jobCreatedAtMs, deadlineMs }: Pick<HealConfig, "jobCreatedAtMs" | "deadlineMs">,
  startedAtMs: number,
): number {
  if (jobCreatedAtMs === undefined || deadlineMs === undefined) return startedAtMs;
  const waited = startedAtMs - jobCreatedAtMs;
  // Beyond these bounds it is the clocks that differ.
  return waited > 0 && waited < deadlineMs ? jobCreatedAtMs : startedAtMs;
}

function deadline(problems: string[], text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds > 0) return seconds * 1000;
  problems.push(`OPERARIUS_DEADLINE_SECONDS is ${JSON.stringify(text)}; it must be a whole number of seconds`);
  return undefined;
}
