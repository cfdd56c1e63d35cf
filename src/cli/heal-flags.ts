/** The flags of `heal` and `diagnose`; what they mean is checked in config/heal-config.ts. */
import { Command as Program } from "commander";
import type { HealFlags } from "../config/heal-config.ts";
import type { CliContext } from "./context.ts";

const EXITS = `
Exit codes: 0 recovered or nothing to do, 1 not recovered (or waiting, or awaiting approval), 2 usage or configuration,
3 interrupted, 4 declined: nothing was written and a person is needed.`;

function base(name: string, description: string): Program {
  return new Program(name)
    .description(description)
    .argument("[name]", "name of the DaemonSet (or the variable OPENFERO_DAEMONSET)")
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
  return base(
    "operarius heal daemonset",
    "Repairs a stuck DaemonSet rollout: the least thing that helps, fenced, verified.",
  )
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

function diagnoseProgram(): Program {
  return base(
    "operarius diagnose daemonset",
    "Says why a DaemonSet rollout is stuck and what would be done. Writes nothing.",
  ).addHelpText("after", "\nExit codes: 0 healthy, 1 something is wrong, 2 usage or configuration.");
}

export type ParsedHeal = { kind: "run"; name: string | undefined; flags: HealFlags } | { kind: "exit"; code: number };

/** The flags given; `exit` after --help (0) or for flags that do not exist (2), already told on the screen. */
export function parseHealFlags(
  command: "heal" | "diagnose",
  args: readonly string[],
  { stdout, stderr }: CliContext,
): ParsedHeal {
  const [kind, ...rest] = args;
  const program = command === "heal" ? healProgram() : diagnoseProgram();
  if (kind === "--help" || kind === "-h") rest.unshift("--help");
  else if (kind !== "daemonset" && kind !== "ds" && kind !== "daemonsets") {
    stderr.write(
      `operarius ${command}: ${kind === undefined ? "no kind of target is given" : `there is no remedy for ${JSON.stringify(kind)}`}. Say: operarius ${command} daemonset NAME -n NAMESPACE\n`,
    );
    return { kind: "exit", code: 2 };
  }
  program
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  try {
    program.parse(rest, { from: "user" });
  } catch (error) {
    const code = (error as { exitCode?: number }).exitCode;
    if (code !== 0) stderr.write(`See operarius ${command} daemonset --help.\n`);
    return { kind: "exit", code: code === 0 ? 0 : 2 };
  }
  return { kind: "run", name: program.args[0], flags: program.opts<HealFlags>() };
}
