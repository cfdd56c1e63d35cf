/** `operarius blast-radius`: what may be done to which DaemonSet under the policies in force; reads only. */
import { Command as Program } from "commander";
import type { LookConfig, LookFlags } from "../config/look-config.ts";
import { readLookConfig } from "../config/look-config.ts";
import { allowance } from "../engine/guards/allowance.ts";
import { EXIT } from "../engine/outcome.ts";
import type { Kube } from "../kube/types.ts";
import type { Inventory } from "../remedies/daemonset-rollout/inventory.ts";
import { inventory } from "../remedies/daemonset-rollout/inventory.ts";
import type { BlastRadius, Radius } from "../reporting/blast-radius-text.ts";
import { blastRadiusDocument, blastRadiusText } from "../reporting/blast-radius-text.ts";
import type { PoliciesInForce } from "../reporting/look.ts";
import { connect } from "./connect.ts";
import type { CliContext, Command } from "./context.ts";
import { parseProgram, sharedFlags } from "./heal-flags.ts";
import { explainLookError, printProblems } from "./look-errors.ts";
import { createProgressLine } from "./progress-line.ts";
import { tableScreen, textScreen } from "./screen.ts";
import { readPolicies } from "./surroundings.ts";

const NAME = "operarius blast-radius";
const HELP = `
Per DaemonSet: its class (path, driver, buffer or plain), who else manages it, what may be done to it (automatic,
approval, never), and the worst that one hour can bring. The policies are the flags given here, else those of the
Operarius installed in the cluster, else the shipped defaults; it says which. It lists daemonsets and namespaces.

Exit codes: 0 told, 1 some could not be judged, 2 usage, configuration, rights or no connection, 3 interrupted.`;

function blastRadiusProgram(): Program {
  const program = new Program(NAME)
    .description("Says what may be done to which DaemonSet, and the worst case per hour. Writes nothing.")
    .argument("[words...]", "daemonset NAME: one DaemonSet; nothing: all of them")
    .option("-A, --all-namespaces", "every DaemonSet of the cluster")
    .option("-l, --selector <labels>", "the DaemonSets with these labels only")
    .option("--details", "why each of it is so");
  return sharedFlags(program).addHelpText("after", HELP);
}

/** Exit code 0 told, 1 some could not be judged, 2 usage, configuration or rights, 3 interrupted. */
export const blastRadius: Command = async (args, context) => {
  const parsed = parseProgram(blastRadiusProgram(), args, context);
  if (parsed.kind === "exit") return parsed.code;
  const { program } = parsed;
  const { env } = context;
  const read = readLookConfig({ words: program.args, flags: program.opts<LookFlags>(), env, command: NAME });
  if ("problems" in read) return printProblems(NAME, read.problems, context);
  const { config } = read;
  let kube: Kube | undefined;
  try {
    kube = await connect({ ...config, remediation: "" }, context);
    const told = await radiusOf(kube, config, context);
    if (config.output === "json") context.stdout.write(`${JSON.stringify(blastRadiusDocument(told), undefined, 2)}\n`);
    else {
      const screens = { text: textScreen(context), table: tableScreen(context) };
      context.stdout.write(blastRadiusText(told, screens, config.details));
    }
    return told.radii.some(({ error }) => error !== "") ? EXIT.notRecovered : EXIT.ok;
  } catch (error) {
    return explainLookError(error, { name: NAME, config, server: kube?.server ?? "", context });
  } finally {
    kube?.close();
  }
};

async function radiusOf(kube: Kube, config: LookConfig, context: CliContext): Promise<BlastRadius> {
  const { scope, settings } = config;
  const { signal, now } = context;
  const line = createProgressLine(context);
  try {
    const [stock, policies] = await Promise.all([
      inventory({ kube, scope, settings, signal, now, progress: line.count }),
      readPolicies({ kube, namespace: config.installationNamespace, policies: config.policies, signal }),
    ]);
    const where = scope.namespace === undefined ? "in all namespaces" : `in namespace ${scope.namespace}`;
    return { at: stock.at, where, radii: radii(stock, policies), policies, unread: stock.unread };
  } finally {
    line.clear();
  }
}

/** A DaemonSet on which our own code fails must not hide the others. */
function radii({ at, found }: Inventory, { flags }: PoliciesInForce): Radius[] {
  return found.map(({ namespace, name, facts }) => {
    const { desired: pods } = facts;
    try {
      return { namespace, name, pods, allowance: allowance(facts, flags, at), error: "" };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { namespace, name, pods, allowance: undefined, error: message };
    }
  });
}
