/** C36 a revision of nothing but defaults · C37 several owners write the template in turn. */
import type { Finding } from "../../../engine/types.ts";
import type { RevisionFacts } from "../facts.ts";
import type { Situation } from "../situation.ts";
import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";

/** Changes within this time belong to one quarrel. */
const LATELY_MS = 10 * 60_000;
/** A rollback and the owner's answer bring two templates back; the third return is a quarrel. */
const RETURNS = 3;
/** Or this many revisions within that time. */
const MANY = 4;

/** Who writes templates besides this program, kubectl's commands being one. */
function writers(managers: readonly string[]): string[] {
  const names = managers
    .filter((name) => name !== "operarius")
    .map((name) => (/^kubectl(-|$)/.test(name) ? "kubectl" : name));
  return [...new Set(names)];
}

/** The template came back: its revision is older than its number. */
function hasReturned({ madeAt, createdAt }: RevisionFacts): boolean {
  return createdAt - madeAt > 1000;
}

/** At least two writers change the template again and again: whatever is written here is one more turn. */
export function contested({ observation, at, ref }: Situation): Finding | undefined {
  const { daemonSet, revisions } = observation;
  const names = writers(daemonSet.templateManagers);
  const lately = revisions.filter(({ createdAt }) => at - createdAt <= LATELY_MS);
  const returns = Math.max(0, ...revisions.map(({ number }) => number)) - revisions.length;
  const isInTurns = lately.filter(hasReturned).length >= 2 && returns >= RETURNS;
  if (names.length < 2 || (!isInTurns && lately.length < MANY)) return undefined;
  return {
    cause: "C37",
    reason: "TemplateContested",
    message: `${names.join(" and ")} change the template of ${ref} in turn: ${lately.length} revisions became the present one within 10 min. One of them must stop; a write here would only be the next turn.`,
    evidence: [
      `generation ${daemonSet.generation}; managers of the template: ${daemonSet.templateManagers.join(", ")}`,
      `revisions of the last 10 min: ${lately.map(({ number }) => number).join(", ")}${isInTurns ? `; templates that came back: ${returns} or more times` : ""}`,
    ],
    pods: [],
    nodes: [],
    commands: [
      `kubectl get ${ref} -n ${daemonSet.namespace} -o yaml --show-managed-fields   # who wrote what, and when`,
      `kubectl rollout history ${ref} -n ${daemonSet.namespace}`,
    ],
  };
}

/** The present revision says the same as one whose pods still run, but for what the API server fills in. */
export function onlyDefaults({ observation, equivalents, counters, current, ref }: Situation): Finding | undefined {
  const { daemonSet, pods, revisions } = observation;
  const restarted = new Set(
    revisions.filter(({ templateHash }) => templateHash === daemonSet.template.hash).map(({ hash }) => hash),
  );
  const older = pods.filter(({ revisionHash }) => equivalents.has(revisionHash) && !restarted.has(revisionHash));
  const before = revisions.find(({ hash }) => hash === older[0]?.revisionHash);
  if (!before) return undefined;
  return {
    cause: "C36",
    reason: "DefaultsOnly",
    message: `Revision ${current?.number ?? "?"} differs from revision ${before.number} only in fields that the API server fills in, as after an upgrade: the rollout replaces ${older.length} of ${counters.desired} pods by equal ones. Let it roll.`,
    evidence: [`revisions ${before.number} and ${current?.number ?? "?"} are equal without API defaults`],
    pods: older.map(({ name }) => name),
    nodes: older.map(({ node }) => node),
    commands: [`kubectl rollout status ${ref} -n ${daemonSet.namespace}`],
  };
}

export const templateHistoryCauses: readonly Cause[] = [
  {
    id: "C36",
    title: "a revision that differs in API defaults only",
    signature:
      "The template equals that of an older revision once every field that has an API server's default is left out. A pod of it that fails while those of the older one run is judged as C04.",
    shownBy: "the ControllerRevisions' templates without defaults",
    helps: {
      delete: "only as in C04: the pod of one bad node, once",
      restart: RESTART_NO,
      rollback: "no: the API server would fill the fields in again",
    },
    forbidden: "rollback, restart",
    person: ["kubectl rollout status daemonset/{daemonset} -n {namespace}"],
    source: "kubernetes#78633; pkg/controller/history",
  },
  {
    id: "C37",
    title: "several owners write the template in turn",
    signature:
      "At least two field managers own fields of the template, and within ten minutes old templates have come back three times, or four revisions were made.",
    shownBy: "metadata.managedFields, metadata.generation, numbers and ages of the ControllerRevisions",
    helps: {
      delete: "no: the next template replaces the pods anyway",
      restart: "no: it is one more turn",
      rollback: "no: it is one more turn",
    },
    forbidden: "every write",
    person: [
      "kubectl get daemonset/{daemonset} -n {namespace} -o yaml --show-managed-fields   # who wrote what, and when",
    ],
    source: "argo-cd#15588; pkg/controller/history/controller_history.go (a template that returns keeps its revision)",
  },
];
