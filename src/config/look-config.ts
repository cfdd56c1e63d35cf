/** Flags of the commands that only look (`diagnose`, `blast-radius`) to one checked value; all problems together (pure). */
import type { Policies, Settings } from "../engine/types.ts";
import type { Env, HealFlags } from "./heal-config.ts";
import { oneOf, readRepair, targetPart } from "./heal-config.ts";

/** As commander leaves them. */
export interface LookFlags extends HealFlags {
  allNamespaces?: boolean;
  selector?: string;
  details?: boolean;
}

export type LookScope =
  | { kind: "one"; namespace: string; name: string }
  /** No namespace = all of them. */
  | { kind: "many"; namespace: string | undefined; labelSelector: string | undefined };

export interface LookConfig {
  scope: LookScope;
  settings: Settings;
  /** Undefined where no flag says anything about them: then those of the installation hold. */
  policies: Policies | undefined;
  output: "text" | "json";
  details: boolean;
  kubeconfig: string | undefined;
  context: string | undefined;
  installationNamespace: string | undefined;
}

export interface LookInput {
  /** What stands before the flags: the kind of the target and its name. */
  words: readonly string[];
  flags: LookFlags;
  env: Env;
  /** The command, for the ways out: "operarius diagnose". */
  command: string;
}

const KINDS: readonly (string | undefined)[] = ["daemonset", "daemonsets", "ds"];

/** The configuration, or every problem with it in words. */
export function readLookConfig(input: LookInput): { config: LookConfig } | { problems: string[] } {
  const { flags, env } = input;
  const problems: string[] = [];
  const scope = readScope(problems, input);
  const { settings, policies } = readRepair(problems, flags, env);
  const output = oneOf(problems, "--output", flags.output ?? "text", ["text", "json"]);
  if (problems.length > 0) return { problems };
  const given = [flags.strategy, flags.rollback, flags.delete].some((value) => value !== undefined);
  return {
    config: {
      scope,
      settings,
      policies: given ? policies : undefined,
      output,
      details: flags.details === true,
      kubeconfig: flags.kubeconfig,
      context: flags.context,
      installationNamespace: flags.installationNamespace ?? (env.OPERARIUS_NAMESPACE || undefined),
    },
  };
}

function readScope(problems: string[], { words, flags, env, command }: LookInput): LookScope {
  const [kind, name, ...rest] = words;
  const all = flags.allNamespaces === true;
  const ways = `${command} -A (all namespaces), ${command} -n NAMESPACE (one namespace) or ${command} daemonset NAME -n NAMESPACE (one DaemonSet)`;
  if (kind !== undefined && !KINDS.includes(kind))
    problems.push(`there is no remedy for ${JSON.stringify(kind)}, only for daemonset: say ${ways}`);
  if (rest.length > 0)
    problems.push(`one name is enough; ${rest.map((each) => JSON.stringify(each)).join(", ")} is too much`);
  if (all && flags.namespace !== undefined) problems.push("-A is all namespaces and -n is one: give one of the two");
  if (all && name !== undefined)
    problems.push(`-A looks at every DaemonSet, and ${JSON.stringify(name)} names one: leave out one of the two`);
  if (flags.selector !== undefined && name !== undefined)
    problems.push(`-l selects DaemonSets, and ${JSON.stringify(name)} names one: leave out one of the two`);
  if (flags.selector?.trim() === "") problems.push("the selector is empty: give -l KEY=VALUE, or leave it out");
  const isOne = kind !== undefined && !all && flags.selector === undefined;
  if (isOne) return oneScope(problems, name, flags, env);
  if (!all && flags.namespace === undefined) problems.push(`nothing to look at is given: say ${ways}`);
  const namespace =
    all || flags.namespace === undefined
      ? undefined
      : targetPart(problems, "namespace", [flags.namespace], "-n NAMESPACE");
  return { kind: "many", namespace, labelSelector: flags.selector };
}

function oneScope(problems: string[], name: string | undefined, flags: LookFlags, env: Env): LookScope {
  const namespaces = [flags.namespace, env.OPENFERO_EXPORTED_NAMESPACE, env.OPENFERO_NAMESPACE];
  return {
    kind: "one",
    namespace: targetPart(problems, "namespace", namespaces, "-n NAMESPACE or the variable OPENFERO_NAMESPACE"),
    name: targetPart(
      problems,
      "DaemonSet",
      [name, env.OPENFERO_DAEMONSET],
      "its name as the argument or the variable OPENFERO_DAEMONSET; without the word daemonset, all of them are looked at",
    ),
  };
}
