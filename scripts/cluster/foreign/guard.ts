/** What stands between the tests and a cluster that belongs to the user: refusals first, then the user's own word. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import { eligibility } from "../../../sandbox/controllers/daemonset/eligibility.ts";
import { daemonSets } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import { ClusterProblem } from "../problem.ts";
import { isSupported } from "../release.ts";
import { isUnder, marksOf, problemWithName, taintOf } from "./names.ts";
import type { Remainder } from "./remains.ts";
import { findRemains, wordsOfRemainder } from "./remains.ts";
import type { Right } from "./rights.ts";
import { deniedOf, wordsOfRight } from "./rights.ts";
import type { Target } from "./target.ts";

export interface Undertaking {
  /** Subject of "... will create": "The scenarios". */
  who: string;
  /** Dedicated: everything of ours is in it, in namespaces NAME-..., or carries its name. */
  namespace: string;
  /** One line each. */
  creates: readonly string[];
  /** One line each: what is not run there, and what is judged otherwise. */
  differs: readonly string[];
  rights: readonly Right[];
}

export interface Examination {
  /** What the user is told before they agree. */
  lines: string[];
  /** What an earlier run has left. */
  remains: Remainder[];
}

/** Looks at the cluster without writing. Errors: `ClusterProblem` for everything that rules it out. */
export async function examine(
  target: Target,
  undertaking: Undertaking,
  options: { allowOld: boolean },
): Promise<Examination> {
  const { kube, context, server, version, nodeCount } = target;
  const { who, namespace, creates, differs, rights } = undertaking;
  checkName(namespace);
  checkVersion(version, options.allowOld);
  await checkRights(target, rights);
  const remains = await findRemains(kube, namespace);
  checkIsDedicated(remains, namespace);
  const guests = (await kube.list(daemonSets)).items.filter((each) => comesToOurNodes(each, namespace));
  const lines = [
    "This is a cluster of yours:",
    `  context    ${context}`,
    `  server     ${server}`,
    `  version    ${version}${isSupported(version) ? "" : " (OLD: older than 1.27, allowed by --allow-old-kubernetes)"}`,
    `  nodes      ${nodeCount}`,
    `${who} will create there, and delete at the end:`,
    ...creates.map((line) => `  ${line}`),
    ...(remains.length === 0 ? [] : [`An earlier run has left, and this one deletes: ${listed(remains)}.`]),
    ...guests.map(warningOf),
    ...differs,
  ];
  return { lines, remains };
}

/** Errors: `ClusterProblem` when the tests may not have this name. */
export function checkName(namespace: string): void {
  const problem = problemWithName(namespace);
  if (problem !== undefined) throw new ClusterProblem(`--namespace ${namespace} ${problem}. Choose another.`);
}

function checkVersion(version: string, allowOld: boolean): void {
  if (isSupported(version) || allowOld) return;
  throw new ClusterProblem(
    `the cluster runs Kubernetes ${version}; 1.27 is the oldest that is tested. With --allow-old-kubernetes it is tried all the same.`,
  );
}

async function checkRights({ kube, context }: Target, rights: readonly Right[]): Promise<void> {
  const denied = await deniedOf(kube, rights);
  if (denied.length === 0) return;
  throw new ClusterProblem(
    `the user of context ${context} may not: ${denied.map(wordsOfRight).join(", ")}. ` +
      "Use the credentials of an administrator of that cluster.",
  );
}

function checkIsDedicated(remains: readonly Remainder[], namespace: string): void {
  const theirs = remains.filter(({ isMarked }) => !isMarked);
  if (theirs.length === 0) return;
  throw new ClusterProblem(
    `--namespace ${namespace} is in use by something that does not carry our label: ${listed(theirs)}. ` +
      "Choose a name under which there is nothing, or remove these by hand if they are not needed.",
  );
}

function listed(remains: readonly Remainder[]): string {
  return remains.map(wordsOfRemainder).join(", ");
}

/** Whether its controller would put a pod on a node that is marked and tainted as ours. */
function comesToOurNodes(daemonSet: Live<DaemonSet>, namespace: string): boolean {
  if (isUnder(namespace, daemonSet.metadata.namespace ?? "")) return false;
  const node = { metadata: { labels: marksOf(namespace) }, spec: { taints: [taintOf(namespace)] } };
  return eligibility(daemonSet, node).shouldRun;
}

function warningOf({ metadata }: Live<DaemonSet>): string {
  const { namespace, name } = metadata;
  return (
    `DaemonSet ${namespace}/${name} of yours tolerates every taint: it will count our nodes in. ` +
    "Its pods there stay Pending, no test touches them, and they go with the nodes."
  );
}

export interface Consent {
  /** --yes */
  yes: boolean;
  /** --namespace was given. */
  isNamespaceGiven: boolean;
  /** Absent without a terminal. */
  ask?: (question: string) => Promise<string>;
}

/** Resolves when the user agrees. Errors: `ClusterProblem` when nobody does. */
export async function requireConsent({ context }: Target, { yes, isNamespaceGiven, ask }: Consent): Promise<void> {
  if (yes && isNamespaceGiven) return;
  if (ask === undefined) {
    throw new ClusterProblem(
      "nobody is there to agree: without a terminal both --yes and --namespace NAME are needed. Nothing was written.",
    );
  }
  const answer = await ask(`Type the name of the context (${context}) to go on: `);
  if (answer.trim() !== context || context === "") throw new ClusterProblem("not agreed. Nothing was written.");
}
