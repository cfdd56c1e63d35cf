/** The flags of `heal`, and those that `diagnose` shares; what they mean is checked in config/. */
import { Command as Program } from "commander";
import type { HealFlags } from "../config/heal-config.ts";
import { readRepair } from "../config/heal-config.ts";
import type { Policies, Settings } from "../engine/types.ts";
import type { CliContext } from "./context.ts";

const EXITS = `
Exit codes: 0 recovered or nothing to do, 1 not recovered (or waiting, or awaiting approval), 2 usage or configuration,
3 interrupted, 4 declined: nothing was written and a person is needed.`;

/** Where the cluster is, what the plan may do, how the answer looks. */
export function sharedFlags(program: Program): Program {
  return program
    .option("-n, --namespace <namespace>", "its namespace (or OPENFERO_EXPORTED_NAMESPACE, OPENFERO_NAMESPACE)")
    .option("--kubeconfig <file>", "kubeconfig to use instead of KUBECONFIG, the pod's own account or ~/.kube/config")
    .option("--context <name>", "context of the kubeconfig")
    .option("-o, --output <format>", "text or json")
    .option("--pace <pace>", "normal, or fast for demos and tests: sets dwell, soak and ages together")
    .option("--soak <duration>", "how long health must last to count")
    .option("--dwell <duration>", "time between the two looks that must agree before a write")
    .option("--min-age <duration>", "age below which a pod that does not run is still starting")
    .option("--strategy <strategy>", "guided, or restart: the runbook to the letter")
    .option("--rollback <policy>", "off, suggest, approve or auto")
    .option("--delete <policy>", "off or on")
    .option("--installation-namespace <namespace>", "where the ledger and the pause switch live (default openfero)");
}

function healProgram(): Program {
  const program = new Program("operarius heal daemonset")
    .description("Repairs a stuck DaemonSet rollout: the least thing that helps, fenced, verified.")
    .argument("[name]", "name of the DaemonSet (or the variable OPENFERO_DAEMONSET)");
  return sharedFlags(program)
    .option("--mode <mode>", "auto, or approve: a person must agree to every plan with writes (or OPERARIUS_MODE)")
    .option("--dry-run [mode]", "client: plan only; server: the API server judges the writes, nothing is stored")
    .option(
      "--force-delete <uids>",
      "uids of pods stuck in termination whose forced deletion you approve, comma-separated",
    )
    .option("--timeout <duration>", "the whole budget, soak included (default 270s), or auto")
    .option("--approved-plan <digest>", "act only if the plan is exactly this one")
    .option("--receipt <file>", "write the full record of the run as JSON; operarius replay reads it")
    .option(
      "--log-excerpts <lines>",
      "put the last lines of crashed containers into the record, redacted (default 0; needs get on pods/log)",
    )
    .addHelpText("after", EXITS);
}

export type ParsedHeal = { kind: "run"; name: string | undefined; flags: HealFlags } | { kind: "exit"; code: number };

/** The flags given; `exit` after --help (0) or for flags that do not exist (2), already told on the screen. */
export function parseHealFlags(
  args: readonly string[],
  { stdout, stderr }: Pick<CliContext, "stdout" | "stderr">,
): ParsedHeal {
  const [kind, ...rest] = args;
  if (kind === "--help" || kind === "-h") rest.unshift("--help");
  else if (kind !== "daemonset" && kind !== "ds" && kind !== "daemonsets") {
    stderr.write(
      `operarius heal: ${kind === undefined ? "no kind of target is given" : `there is no remedy for ${JSON.stringify(kind)}`}. Say: operarius heal daemonset NAME -n NAMESPACE\n`,
    );
    return { kind: "exit", code: 2 };
  }
  const parsed = parseProgram(healProgram(), rest, { stdout, stderr });
  if (parsed.kind === "exit") return parsed;
  return { kind: "run", name: parsed.program.args[0], flags: parsed.program.opts<HealFlags>() };
}

/** The program with its flags read; `exit` after --help (0) or for what it does not know (2), already told on the screen. */
export function parseProgram(
  program: Program,
  args: readonly string[],
  { stdout, stderr }: Pick<CliContext, "stdout" | "stderr">,
): { kind: "parsed"; program: Program } | { kind: "exit"; code: number } {
  program
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    const code = (error as { exitCode?: number }).exitCode;
    if (code !== 0) stderr.write(`See ${program.name()} --help.\n`);
    return { kind: "exit", code: code === 0 ? 0 : 2 };
  }
  return { kind: "parsed", program };
}

const POLICIES = ["strategy", "rollback", "delete", "mode"] as const;

export interface JobRepair {
  /** Of the DaemonSet, where the arguments name one. */
  name: string | undefined;
  flags: HealFlags;
  policies: Policies;
  settings: Settings;
}

/** How a Job with these arguments would repair, its environment aside; undefined when it does not run `heal daemonset`. */
export function repairOfJob(args: readonly string[], pace: Settings["pace"]): JobRepair | undefined {
  const start = args.findIndex((word, index) => word === "heal" && args[index + 1] === "daemonset");
  if (start < 0) return undefined;
  const program = healProgram().allowUnknownOption().allowExcessArguments().exitOverride();
  program.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  try {
    program.parse(args.slice(start + 2), { from: "user" });
  } catch {
    // Arguments with which the Job itself would not start say nothing about what it may do.
    return undefined;
  }
  const flags = program.opts<HealFlags>();
  const problems: string[] = [];
  const repair = readRepair(problems, flags, { OPERARIUS_PACE: pace });
  return problems.length > 0 ? undefined : { name: program.args[0], flags, ...repair };
}

/** The policies in the arguments of a Job that runs `heal daemonset`; undefined when it runs something else. */
export function flagsOfJob(args: readonly string[]): Partial<Policies> | undefined {
  const repair = repairOfJob(args, "normal");
  if (repair === undefined) return undefined;
  const { flags, policies } = repair;
  return Object.fromEntries(
    POLICIES.filter((name) => flags[name] !== undefined).map((name) => [name, policies[name]]),
  ) as Partial<Policies>;
}
