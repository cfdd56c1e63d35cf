/** `operarius approve NAME` and `operarius deny NAME`: a person's answer to a plan, with the person's own rights. */
import { Command as Program } from "commander";
import { judgeAnswer, writeAnswer } from "../control/approve.ts";
import { isConflict, isForbidden, isNotFound } from "../kube/errors.ts";
import { whoAmI } from "../kube/reviews.ts";
import type { Kube, Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { printable } from "../reporting/replay-text.ts";
import { askToAgree, isTerminal } from "./ask.ts";
import { connect, explainApiError } from "./connect.ts";
import type { CliContext, Command } from "./context.ts";
import { parseProgram } from "./heal-flags.ts";

const EXIT = { done: 0, notDone: 1, usage: 2, interrupted: 3 } as const;
const HELP = `
Without --plan it shows the plan that awaits and asks; where nobody can be asked it needs --plan or --yes. Only a plan
that awaits approval is answered, never another one.

  kubectl get remediations -n openfero                 those in phase AwaitingApproval wait for you

Exit codes: 0 answered, 1 not answered: no such plan awaits, or you said no, 2 usage, configuration or rights,
3 interrupted.`;

type Decision = "approve" | "deny";

interface Flags {
  plan?: string;
  reason?: string;
  yes?: boolean;
  namespace?: string;
  kubeconfig?: string;
  context?: string;
}

interface Request {
  decision: Decision;
  name: string;
  namespace: string;
  flags: Flags;
}

/** Exit codes: see the help. */
export const approve: Command = (args, context) => answer("approve", args, context);

/** Exit codes: see the help. */
export const deny: Command = (args, context) => answer("deny", args, context);

async function answer(decision: Decision, args: readonly string[], context: CliContext): Promise<number> {
  const command = `operarius ${decision}`;
  const parsed = parseProgram(approvalProgram(decision), args, context);
  if (parsed.kind === "exit") return parsed.code;
  const flags = parsed.program.opts<Flags>();
  const [name = ""] = parsed.program.args;
  const namespace = flags.namespace ?? (context.env.OPERARIUS_NAMESPACE || "openfero");
  if (flags.yes !== true && flags.plan === undefined && !isTerminal(context)) {
    context.stderr.write(`${command}: nobody can be asked here; name the plan with --plan DIGEST, or give --yes.\n`);
    return EXIT.usage;
  }
  let kube: Kube | undefined;
  try {
    const { kubeconfig, context: kubeContext } = flags;
    kube = await connect({ kubeconfig, context: kubeContext, remediation: name }, context);
    return await answerPlan(kube, { decision, name, namespace, flags }, context);
  } catch (error) {
    if (context.signal.aborted) {
      context.stderr.write(`${command}: interrupted; look whether the plan was answered.\n`);
      return EXIT.interrupted;
    }
    const known = explain(error, { decision, name, namespace }) ?? explainApiError(error, kube?.server ?? "");
    if (known === undefined) throw error;
    context.stderr.write(`${command}: ${known.message}\nfix: ${known.fix}\n`);
    return known.exit;
  } finally {
    kube?.close();
  }
}

async function answerPlan(kube: Kube, request: Request, context: CliContext): Promise<number> {
  const { decision, flags } = request;
  const shown = await read(kube, request);
  // Without --plan the answer is about the plan that is shown here, whatever the record says later.
  const planDigest = flags.plan ?? shown.status?.planDigest;
  if (!isAwaited(shown, request, planDigest, context)) return EXIT.notDone;
  context.stdout.write(describe(shown, planDigest));
  let current = shown;
  if (flags.yes !== true && isTerminal(context)) {
    const question = decision === "approve" ? "Approve this plan? [y/N] " : "Deny this plan? [y/N] ";
    if (!(await askToAgree(question, context))) {
      context.stderr.write("Nothing was written.\n");
      return context.signal.aborted ? EXIT.interrupted : EXIT.notDone;
    }
    // Reading takes a person minutes, in which the record may have changed in ways that do not matter, or that do.
    current = await read(kube, request);
    if (!isAwaited(current, request, planDigest, context)) return EXIT.notDone;
  }
  const by = await whoAmI(kube);
  await writeAnswer(kube, current, { decision, planDigest, by, reason: flags.reason });
  const done = decision === "approve" ? "Approved" : "Denied";
  context.stdout.write(`${done} plan ${planDigest}${by === undefined ? "" : ` as ${printable(by)}`}.\n`);
  return EXIT.done;
}

function read(kube: Kube, { namespace, name }: Request): Promise<Live<Remediation>> {
  return kube.get(remediations, { namespace, name });
}

function isAwaited(
  remediation: Live<Remediation>,
  { decision }: Request,
  planDigest: string | undefined,
  { stderr, now }: CliContext,
): planDigest is string {
  const verdict = judgeAnswer(remediation, { decision, planDigest }, now());
  if (verdict.kind === "awaits") return true;
  stderr.write(`operarius ${decision}: ${printable(verdict.message)}\n`);
  return false;
}

/** What is about to be answered: the target, the cause, the sentence, the digest, and until when. */
function describe({ spec, status = {} }: Live<Remediation>, planDigest: string): string {
  const { kind, namespace, name } = spec.target;
  const cause = status.cause === undefined ? "" : `cause:   ${printable(status.cause)}\n`;
  return [
    `target:  ${printable(`${kind} ${namespace === "" ? name : `${namespace}/${name}`}`)}\n`,
    cause,
    `plan:    ${printable(status.message ?? "")}\n`,
    `digest:  ${printable(planDigest)}\n`,
    `until:   ${printable(status.approvalExpiresAt ?? "")}\n`,
  ].join("");
}

function explain(
  error: unknown,
  { decision, name, namespace }: Omit<Request, "flags">,
): { message: string; fix: string; exit: number } | undefined {
  if (isNotFound(error)) {
    const message = `There is no Remediation ${printable(name)} in namespace ${printable(namespace)}: ${error.message}`;
    return { message, fix: `kubectl get remediations -n ${printable(namespace)}`, exit: EXIT.usage };
  }
  if (isConflict(error)) {
    const message = `Remediation ${printable(name)} changed meanwhile; nothing was written.`;
    return { message, fix: `operarius ${decision} ${printable(name)} -n ${printable(namespace)}`, exit: EXIT.notDone };
  }
  if (!isForbidden(error)) return undefined;
  const fix = `kubectl auth can-i patch remediations.openfero.io -n ${printable(namespace)}   # get and patch are needed`;
  return { message: `The API server refuses: ${error.message}`, fix, exit: EXIT.usage };
}

function approvalProgram(decision: Decision): Program {
  const does = decision === "approve" ? "Approves the plan that a Remediation" : "Denies the plan that a Remediation";
  return new Program(`operarius ${decision}`)
    .description(`${does} waits with; its name is in kubectl get remediations.`)
    .argument("<name>", "name of the Remediation")
    .option("--plan <digest>", "the plan you read; only exactly that one is answered")
    .option("--reason <text>", "kept on the record")
    .option("--yes", "do not ask")
    .option("-n, --namespace <namespace>", "namespace of the installation (or OPERARIUS_NAMESPACE; default openfero)")
    .option("--kubeconfig <file>", "kubeconfig to use instead of KUBECONFIG, the pod's own account or ~/.kube/config")
    .option("--context <name>", "context of the kubeconfig")
    .addHelpText("after", HELP);
}
