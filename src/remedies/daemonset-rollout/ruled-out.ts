/** What the facts clear: suspects that a person would look at first, and why they are not it (pure). */
import type { Finding, RuledOut } from "../../engine/types.ts";
import type { PodFacts } from "./facts.ts";
import type { Situation, TroubledPod } from "./situation.ts";

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}

function nodesOf(pods: readonly PodFacts[]): string {
  return listed([...new Set(pods.map(({ node }) => node))]);
}

/** "1 pod" or "3 pods". */
function counted(pods: readonly unknown[]): string {
  return `${pods.length} pod${pods.length === 1 ? "" : "s"}`;
}

function ofTheController({ observation: { daemonSet } }: Situation): RuledOut[] {
  return [{ what: "the controller", why: `it has observed generation ${daemonSet.generation}` }];
}

function ofCreation(here: Situation, findings: readonly Finding[]): RuledOut[] {
  // During a surge every node has a pod, and yet none can be created, for whatever reason.
  const isRefused = findings.some(
    ({ cause, reason }) => ["C20", "C21", "C22", "C23"].includes(cause) || reason === "CreationFailing",
  );
  const isFailing = isRefused || here.podless.length > 0;
  return isFailing
    ? []
    : [{ what: "quota, webhooks and accounts", why: "every node that should run a pod has one: pods can be created" }];
}

function ofNodes(here: Situation): RuledOut[] {
  const eligible = here.slots.filter(({ shouldRun }) => shouldRun);
  const isUp = eligible.length > 0 && eligible.every(({ node }) => node.ready === "True");
  const failing = new Set(here.bad.map(({ pod }) => pod.node));
  const sound = eligible.filter(
    ({ node }) => failing.has(node.name) && node.ready === "True" && node.pressures.length === 0,
  );
  return [
    ...(isUp ? [{ what: "dead nodes", why: `all ${eligible.length} eligible nodes are Ready` }] : []),
    ...(sound.length > 0 && sound.length === failing.size
      ? [{ what: "pressure on the failing nodes", why: `${listed([...failing])}: no memory, disk or PID pressure` }]
      : []),
  ];
}

function ofRevisions({ good, oldGood, bad }: Situation): RuledOut[] {
  if (bad.length === 0) return [];
  if (good.length > 0)
    return [{ what: "the revision as a whole", why: `${counted(good)} of it run on ${nodesOf(good)}` }];
  return oldGood.length > 0
    ? [{ what: "the cluster as a whole", why: `${counted(oldGood)} of another revision run on ${nodesOf(oldGood)}` }]
    : [];
}

/** The failing container is the template's own, unchanged. */
function isAsWritten({ pod, trouble }: TroubledPod, { observation: { daemonSet } }: Situation): boolean {
  const { container } = trouble;
  const wanted = container === undefined ? undefined : daemonSet.template.specs[container];
  return wanted !== undefined && container !== undefined && pod.specs[container] === wanted;
}

function ofAdmission(here: Situation, causes: ReadonlySet<string>): RuledOut[] {
  const isClear = here.bad.length > 0 && !causes.has("C33") && here.bad.every((member) => isAsWritten(member, here));
  return isClear
    ? [{ what: "something injected by admission", why: "the failing containers are as the template says" }]
    : [];
}

function ofTermination({ observation: { pods } }: Situation, causes: ReadonlySet<string>): RuledOut[] {
  const isStuck = causes.has("C17") || causes.has("C18");
  return isStuck || pods.some(({ deletionDeadline }) => deletionDeadline !== undefined)
    ? []
    : [{ what: "a stuck termination", why: "no pod is being deleted" }];
}

/** Suspects of a person that the facts clear, the most usual ones first. Nothing is claimed that was not looked at. */
export function ruledOut(here: Situation, findings: readonly Finding[]): RuledOut[] {
  const causes = new Set<string>(findings.map(({ cause }) => cause));
  const { daemonSet } = here.observation;
  if (daemonSet.generation > daemonSet.observedGeneration || daemonSet.deleting) return [];
  return [
    ...ofTheController(here),
    ...ofCreation(here, findings),
    ...ofNodes(here),
    ...ofRevisions(here),
    ...ofAdmission(here, causes),
    ...ofTermination(here, causes),
  ];
}
