/** Flags of `operarius scorecard` to one checked value; all problems together (pure). */
import type { Env } from "./heal-config.ts";
import { oneOf, targetPart } from "./heal-config.ts";

/** As commander leaves them. */
export interface ScorecardFlags {
  since?: string;
  namespace?: string;
  installationNamespace?: string;
  output?: string;
  kubeconfig?: string;
  context?: string;
}

export interface ScorecardConfig {
  /** As it was given, for people, and in milliseconds. */
  since: string;
  sinceMs: number;
  /** Of the targets; "" = all of them. */
  namespace: string;
  /** Where the records are. */
  installationNamespace: string;
  output: "text" | "json";
  kubeconfig: string | undefined;
  context: string | undefined;
}

const MINUTES: Readonly<Record<string, number>> = { d: 1440, h: 60, m: 1 };
const YEARS_TEN = 3660 * 24 * 60 * 60_000;

/** The configuration, or every problem with it in words. */
export function readScorecardConfig(
  words: readonly string[],
  flags: ScorecardFlags,
  env: Env,
): { config: ScorecardConfig } | { problems: string[] } {
  const problems: string[] = [];
  const since = flags.since ?? "30d";
  const sinceMs = parseDays(since);
  if (sinceMs === undefined)
    problems.push(`--since is ${JSON.stringify(since)}; it must be a time such as 30d, 12h or 1d12h, at most 3660d`);
  if (words.length > 0) problems.push(`${JSON.stringify(words[0])} is too much: the scorecard takes flags only`);
  const namespace =
    flags.namespace === undefined ? "" : targetPart(problems, "namespace", [flags.namespace], "-n NAMESPACE");
  const home = flags.installationNamespace ?? (env.OPERARIUS_NAMESPACE || "openfero");
  const installationNamespace = targetPart(problems, "namespace", [home], "--installation-namespace NAMESPACE");
  const output = oneOf(problems, "--output", flags.output ?? "text", ["text", "json"]);
  if (sinceMs === undefined || problems.length > 0) return { problems };
  const { kubeconfig, context } = flags;
  return { config: { since, sinceMs, namespace, installationNamespace, output, kubeconfig, context } };
}

/** Milliseconds of 30d, 12h, 90m or 1d12h; undefined when it is none of these, nothing, or more than ten years. */
export function parseDays(text: string): number | undefined {
  if (!/^(?:\d{1,7}[dhm])+$/.test(text)) return undefined;
  let minutes = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(/(\d+)([dhm])/g)) {
    minutes += Number(amount) * (MINUTES[unit] ?? 0);
  }
  const ms = minutes * 60_000;
  return ms > 0 && ms <= YEARS_TEN ? ms : undefined;
}
