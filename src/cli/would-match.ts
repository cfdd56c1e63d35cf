/** `operarius would-match -f FILE`: which Operarius would answer an alert, with which Job, or why none; writes nothing. */
import { readFile } from "node:fs/promises";
import { Command as Program } from "commander";
import { withWayOut } from "../control/way-out.ts";
import { EXIT } from "../engine/outcome.ts";
import type { ReadAlertFile } from "../intake/alert-file.ts";
import { readAlertFile } from "../intake/alert-file.ts";
import { CredentialsError } from "../kube/credentials.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import type { Kube } from "../kube/types.ts";
import type { ReadOperarius } from "../operarius/operarius.ts";
import { operariuses, readOperarius } from "../operarius/operarius.ts";
import { wouldMatch } from "../operarius/would-match.ts";
import { wouldMatchDocument, wouldMatchText } from "../reporting/would-match-text.ts";
import { connect } from "./connect.ts";
import type { CliContext, Command } from "./context.ts";
import { parseProgram } from "./heal-flags.ts";
import { printProblems } from "./look-errors.ts";
import { ManifestError, readOperariiFrom } from "./read-operarii.ts";
import { textScreen } from "./screen.ts";

const NAME = "operarius would-match";
const MOST_INPUT = 64 * 1024 * 1024;
const HELP = `
FILE is a webhook body of Alertmanager, one alert ({"labels": {...}}) or a list of alerts, as JSON; - is standard input.
The Operarii are those of the cluster, or, with --operarii, those of a file or folder; that needs no cluster.

  operarius would-match -f alert.json                          with the Operarii of the cluster
  operarius would-match -f alert.json --operarii deploy/       before they are applied
  amtool alert query -o json | operarius would-match -f -      what is firing now

It writes nothing and starts nothing. Whether a remediation of the same target is going on, and so none would start, it
does not look at.

Exit codes: 0 every alert would be answered by a Job, 1 at least one would not, 2 usage, configuration, rights or no
connection, 3 interrupted.`;

interface Flags {
  file?: string;
  operarii?: string;
  namespace?: string;
  clusterName?: string;
  kubeconfig?: string;
  context?: string;
  output?: string;
}

function wouldMatchProgram(): Program {
  return new Program(NAME)
    .description("Says which Operarius would answer an alert, with which Job, or why none. Writes nothing.")
    .option("-f, --file <file>", "the alerts as JSON; - reads standard input")
    .option("--operarii <path>", "YAML file or folder with Operarii, instead of those of the cluster")
    .option("-n, --namespace <namespace>", "where the Operarii are (default openfero)")
    .option("--clusterName <name>", "as given to the server: alerts about another cluster are refused")
    .option("--kubeconfig <file>", "kubeconfig to use instead of KUBECONFIG, the pod's own account or ~/.kube/config")
    .option("--context <name>", "context of the kubeconfig")
    .option("-o, --output <format>", "text or json")
    .addHelpText("after", HELP);
}

/** Exit codes: see the help. */
export const wouldMatchCommand: Command = async (args, context) => {
  const parsed = parseProgram(wouldMatchProgram(), args, context);
  if (parsed.kind === "exit") return parsed.code;
  const flags = parsed.program.opts<Flags>();
  const problems = problemsWith(flags, parsed.program.args);
  if (problems.length > 0) return printProblems(NAME, problems, context);
  const { file = "", namespace = "openfero", clusterName = "" } = flags;
  const read = await readAlerts(file, context);
  if (read.kind === "unreadable") {
    context.stderr.write(`${NAME}: ${file === "-" ? "standard input" : file}: ${read.message}\n`);
    return EXIT.usage;
  }
  let operarii: ReadOperarius[];
  try {
    operarii = await loadOperarii(flags, namespace, context);
  } catch (error) {
    return explain(error, namespace, context);
  }
  const options = { clusterName, installationNamespace: namespace, now: new Date(context.now()).toISOString() };
  const results = read.alerts.map((each) => wouldMatch(each, operarii, options));
  const { rejected } = read;
  context.stdout.write(
    flags.output === "json"
      ? `${JSON.stringify(wouldMatchDocument(results, rejected), undefined, 2)}\n`
      : wouldMatchText(results, rejected, textScreen(context)),
  );
  const isAnswered = rejected.length === 0 && results.every(({ kind }) => kind === "answered");
  return isAnswered ? EXIT.ok : EXIT.notRecovered;
};

function problemsWith({ file = "", operarii, output = "text", namespace }: Flags, words: readonly string[]): string[] {
  const problems: string[] = [];
  if (file === "") problems.push("there are no alerts: give -f FILE, or -f - for standard input");
  if (words.length > 0)
    problems.push(`${words.map((word) => JSON.stringify(word)).join(", ")} is too much; give -f FILE`);
  if (operarii === "") problems.push("--operarii is empty: give a file or a folder, or leave it out");
  if (namespace === "") problems.push("the namespace is empty: give -n NAMESPACE, or leave it out");
  if (output !== "text" && output !== "json") problems.push(`--output ${JSON.stringify(output)} is not text or json`);
  return problems;
}

async function readAlerts(file: string, { stdin }: CliContext): Promise<ReadAlertFile> {
  try {
    return readAlertFile(file === "-" ? await readAll(stdin) : await readFile(file, "utf8"));
  } catch (error) {
    return { kind: "unreadable", message: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > MOST_INPUT) throw new RangeError(`more than ${MOST_INPUT} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function loadOperarii(
  { operarii, kubeconfig, context: kubeContext }: Flags,
  namespace: string,
  context: CliContext,
): Promise<ReadOperarius[]> {
  if (operarii !== undefined) return readOperariiFrom(operarii, namespace);
  let kube: Kube | undefined;
  try {
    kube = await connect({ kubeconfig, context: kubeContext, remediation: "" }, context);
    const { items } = await kube.list(operariuses, { namespace, signal: context.signal });
    return items.map(readOperarius);
  } finally {
    kube?.close();
  }
}

/** Prints what kept it from the Operarii; an error that is nobody's but ours is thrown on. */
function explain(error: unknown, namespace: string, { stderr, signal }: CliContext): number {
  if (signal.aborted) {
    stderr.write(`${NAME}: interrupted.\n`);
    return EXIT.interrupted;
  }
  if (error instanceof ManifestError) stderr.write(`${NAME}: ${error.message}.\n`);
  else if (error instanceof CredentialsError) {
    stderr.write(
      `${NAME}: ${error.message}\nfix: give --kubeconfig FILE, or --operarii FILE, which needs no cluster\n`,
    );
  } else if (error instanceof StatusError && error.code === 403) {
    stderr.write(
      `${NAME}: the Operarii in namespace ${namespace} may not be listed: ${error.message}\nfix: kubectl auth can-i list operariuses.openfero.io -n ${namespace}\n`,
    );
  } else if (error instanceof StatusError || error instanceof TransportError) {
    stderr.write(`${NAME}: the Operarii in namespace ${namespace} cannot be listed: ${withWayOut(error)}\n`);
  } else throw error;
  return EXIT.usage;
}
