/** Which stuck pods may be deleted now (pure): DESIGN.md step 3, every refusal with its words. */
import type { CauseId, Intent, PlanContext, Step } from "../../engine/types.ts";
import type { Group } from "./causes/group.ts";
import { FLEET_CAP, flightLimit, noCanary } from "./critical-class.ts";
import type { Assessment } from "./diagnose.ts";
import { isDrained } from "./eligibility.ts";
import type { PodFacts } from "./facts.ts";
import { isAvailable, isTerminating, isUpdated } from "./recount.ts";
import type { Situation, TroubledPod } from "./situation.ts";
import { requiredSoakMs } from "./soak.ts";
import { startupAllowance } from "./standing.ts";

/** The refusal that ends the deletions of this kind altogether. */
const TRIED = "AlreadyTried";

/** A crash loop, of the containers or before them. */
const CRASHES: readonly CauseId[] = ["C05", "C08"];

export type Deletions =
  | {
      kind: "delete";
      steps: Extract<Step, { kind: "delete-pod" }>[];
      /** Reason of the finding that it is about. */
      of: string;
      more: boolean;
    }
  | { kind: "wait"; message: string; recheckAfterMs: number }
  | { kind: "none"; reason: string; message: string };

function none(reason: string, message: string): Deletions {
  return { kind: "none", reason, message };
}

/** Deletions that this episode already made for the present template. */
function earlier({ observation, settings }: Situation, intents: readonly Intent[]): Intent[] {
  const { uid, template } = observation.daemonSet;
  const newest = new Map<string, number>();
  for (const { node, createdAt } of observation.pods) newest.set(node, Math.max(newest.get(node) ?? 0, createdAt));
  return intents.filter(
    (intent) =>
      intent.kind === "delete-pod" &&
      intent.uid === uid &&
      intent.templateHash === template.hash &&
      (newest.get(intent.node) ?? 0) - intent.at < settings.episodeMs,
  );
}

/** True when the deleted pod's successor on that node has been available for the soak. */
function isHealed(here: Situation, intent: Intent): boolean {
  const { observation, settings, at } = here;
  const { minReadySeconds } = observation.daemonSet;
  const soak = requiredSoakMs(observation.pods, minReadySeconds, settings);
  return observation.pods.some(
    (pod) =>
      pod.node === intent.node &&
      pod.uid !== intent.pod &&
      // During a surge the old pod stands beside the replacement.
      isUpdated(pod, observation.daemonSet) &&
      !isTerminating(pod) &&
      isAvailable(pod, minReadySeconds, at) &&
      at - Math.max(pod.readyChangedAt ?? at, intent.at) >= soak,
  );
}

/** Pods that are on their way: terminating, missing, or re-created since our first intent and not available. */
function inFlight(here: Situation, before: readonly Intent[]): number {
  const { observation, at } = here;
  const { minReadySeconds } = observation.daemonSet;
  const first = Math.min(Number.POSITIVE_INFINITY, ...before.map((intent) => intent.at));
  const unsettled = observation.pods.filter(
    (pod) => isTerminating(pod) || (pod.createdAt >= first && !isAvailable(pod, minReadySeconds, at)),
  );
  return here.podless.length + unsettled.length;
}

/** When the trouble began, as far as the pod tells: with its creation, or when it lost readiness. */
function beganAt({ pod, trouble }: TroubledPod): number {
  return trouble.ranBefore ? Math.max(pod.createdAt, pod.readyChangedAt ?? 0) : pod.createdAt;
}

/** Earlier deletions against the present trouble: one of yesterday is no canary for what began today. */
function againstThis({ pods }: Pick<Group, "pods">, before: readonly Intent[]): Intent[] {
  const began = Math.min(...pods.map(({ pod }) => Math.max(pod.createdAt, pod.readyChangedAt ?? 0)));
  return before.filter(({ at }) => at >= began);
}

/** What holds for every pod of one observation. */
interface Limits {
  /** Start-up allowance, in milliseconds. */
  allowance: number;
  drained: ReadonlySet<string>;
}

function limitsOf({ observation, settings }: Situation): Limits {
  return {
    allowance: startupAllowance(observation, settings.minAgeMs),
    drained: new Set(observation.nodes.filter(isDrained).map(({ name }) => name)),
  };
}

/** Why this pod may not be deleted, or undefined when it may. */
function refusal(
  here: Situation,
  member: TroubledPod,
  before: readonly Intent[],
  { allowance, drained }: Limits,
): { reason: string; message: string } | undefined {
  const { pod, trouble } = member;
  const { at, observation } = here;
  if (pod.ready) return { reason: "PodReady", message: `${pod.name} is Ready at present` };
  if (!trouble.recreationCanHelp)
    return { reason: "DeletionUseless", message: "a new pod of the same revision would fail the same way" };
  if (pod.finalizers.length > 0)
    return { reason: "FinalizerHolds", message: `${pod.name} has a finalizer and would not go` };
  if (pod.phase !== "Failed" && at - beganAt(member) < allowance) {
    const since = Math.round((at - beganAt(member)) / 1000);
    const what = trouble.ranBefore ? "lost readiness" : "was created";
    return {
      reason: "PodYoung",
      message: `${pod.name} ${what} ${since} s ago, its start-up allowance is ${Math.round(allowance / 1000)} s`,
    };
  }
  if (drained.has(pod.node))
    return { reason: "NodeLeaving", message: `${pod.node} is cordoned or about to go, and its pods with it` };
  const tried = before.find((intent) => intent.node === pod.node && intent.trouble === trouble.reason);
  // An older intent against the same pod came to nothing and is not among these (void-intents.ts).
  if (tried?.pod === pod.uid)
    return { reason: "DeletionUnderWay", message: `${pod.name} is being deleted by another run` };
  if (tried)
    return {
      reason: "AlreadyTried",
      message: `the pod on ${pod.node} was already re-created for the same reason and a fresh one has it again`,
    };
  const isCurrent = pod.revisionHash === observation.daemonSet.currentHash;
  if (isCurrent && !isProvenElsewhere(here, pod) && !(observation.daemonSet.template.gated && before.length === 0)) {
    return {
      reason: "RevisionUnproven",
      message: `the revision of ${pod.name} runs on no other node; re-creating it could walk a bad revision through the fleet`,
    };
  }
  return undefined;
}

/** The pod's revision is or was available on another Ready node. */
function isProvenElsewhere(here: Situation, pod: PodFacts): boolean {
  const { daemonSet, revisions } = here.observation;
  // Pods from before a restart prove nothing: what the template refers to may have changed meanwhile.
  const isBeforeRestart = ({ revisionHash }: PodFacts): boolean =>
    revisionHash !== daemonSet.currentHash &&
    revisions.some(({ hash, templateHash }) => hash === revisionHash && templateHash === daemonSet.template.hash);
  return (
    here.good.some((other) => other.node !== pod.node && !isBeforeRestart(other)) ||
    here.bad.some(({ pod: other, trouble }) => other.node !== pod.node && trouble.ranBefore)
  );
}

function step({ pod, trouble }: TroubledPod, canary: boolean): Extract<Step, { kind: "delete-pod" }> {
  return {
    kind: "delete-pod",
    pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid, resourceVersion: pod.resourceVersion },
    node: pod.node,
    reason: trouble.reason,
    trouble: trouble.reason,
    force: false,
    summary: `delete pod ${pod.name} on ${pod.node} gracefully${canary ? " (the first one; its replacement must stay available)" : ""}`,
  };
}

function ageRecheck(here: Situation, members: readonly TroubledPod[], allowance: number): number {
  return Math.max(1000, Math.min(...members.map((member) => beganAt(member) + allowance - here.at)) + 500);
}

/** An earlier deletion for the same reason on another node: then the revision is at fault, not the nodes (DESIGN.md, step 3). */
function sameReasonElsewhere({ pods }: Group, before: readonly Intent[]): Intent | undefined {
  return before.find((intent) =>
    pods.some(({ pod, trouble }) => intent.trouble === trouble.reason && intent.node !== pod.node),
  );
}

/** The next wave for one group, within every limit. The first wave of a template is one pod. */
export function deletionsFor(
  group: Group,
  assessment: Assessment,
  context: Pick<PlanContext, "policies" | "intents" | "deletionsLeft">,
): Deletions {
  const { here, creation, frozen } = assessment;
  if (context.policies.delete === "off") return none("DeletionsOff", "deletions are switched off by policy");
  if (frozen) return none(frozen.reason, frozen.message);
  if (creation) return none("CreationFailing", "pods cannot be created at present; a deleted one would not come back");
  if (here.observation.daemonSet.strategy === "OnDelete") {
    return none(
      "OnDelete",
      "under OnDelete a deletion would also change the pod's template; that is a person's decision",
    );
  }
  // Where the whole revision is at fault, only a crash can be a matter of the pod (DESIGN.md, table of causes).
  const faults = assessment.groups.filter(({ kind }) => kind === "revision-fault").flatMap(({ pods }) => pods);
  if (group.kind === "revision-fault" && !faults.every(({ trouble }) => CRASHES.includes(trouble.cause))) {
    return none("DeletionUseless", "a new pod of the same revision would fail the same way");
  }
  const critical = group.kind === "degraded" ? noCanary(here.observation.daemonSet) : undefined;
  if (critical) return none("CriticalClass", critical);
  const before = earlier(here, context.intents);
  const elsewhere = group.kind === "one-node" ? sameReasonElsewhere(group, before) : undefined;
  if (elsewhere) {
    return none(
      "SameReasonElsewhere",
      `the pod on ${elsewhere.node} was re-created for the same reason before; on a second node it is no longer that node's fault`,
    );
  }
  const limits = limitsOf(here);
  const judged = group.pods.map((member) => ({ member, refused: refusal(here, member, before, limits) }));
  const underWay = judged.find(({ refused }) => refused?.reason === "DeletionUnderWay");
  if (underWay?.refused) return { kind: "wait", message: underWay.refused.message, recheckAfterMs: 1000 };
  const again = judged.find(({ refused }) => refused?.reason === TRIED);
  if (again?.refused) return { kind: "none", ...again.refused };
  const allowed = judged.filter(({ refused }) => refused === undefined).map(({ member }) => member);
  if (allowed.length === 0) {
    const young = judged.filter(({ refused }) => refused?.reason === "PodYoung").map(({ member }) => member);
    const first = judged[0]?.refused;
    // Between two crashes a pod is Ready; the next one shows whether it still loops.
    if (first?.reason === "PodReady") return { kind: "wait", message: first.message, recheckAfterMs: 1000 };
    if (young.length > 0 && first)
      return { kind: "wait", message: first.message, recheckAfterMs: ageRecheck(here, young, limits.allowance) };
    return none(first?.reason ?? "NoCandidate", first?.message ?? "no pod can be helped by deletion");
  }
  const unsettled = unhealed(here, before);
  if (unsettled) return unsettled;
  return wave(here, { group, allowed, before, deletionsLeft: context.deletionsLeft ?? FLEET_CAP });
}

/** The pods that replaced deleted ones come first: while one is not well, nothing more is deleted. */
function unhealed(here: Situation, before: readonly Intent[]): Deletions | undefined {
  // A node that is gone or no longer eligible gets no replacement to wait for.
  const eligible = new Set(here.slots.filter(({ shouldRun }) => shouldRun).map(({ node }) => node.name));
  const open = before.filter((intent) => eligible.has(intent.node) && !isHealed(here, intent));
  const failing = here.bad.find(({ pod }) => open.some((intent) => intent.node === pod.node && intent.pod !== pod.uid));
  if (failing) {
    return none(
      "ReplacementFailing",
      `the pod that replaced a deleted one on ${failing.pod.node} ${failing.trouble.sentence}; deleting does not help`,
    );
  }
  if (open.length === 0) return undefined;
  const nodes = open.map(({ node }) => node).join(", ");
  return {
    kind: "wait",
    message: `the replacement on ${nodes} has not been available for long enough yet`,
    recheckAfterMs: 1000,
  };
}

interface Wave {
  group: Group;
  allowed: readonly TroubledPod[];
  before: readonly Intent[];
  deletionsLeft: number;
}

function wave(here: Situation, { group, allowed, before, deletionsLeft }: Wave): Deletions {
  const limit = flightLimit(here);
  const sofar = againstThis(group, before);
  const flying = inFlight(here, sofar);
  const room = sofar.length === 0 ? Math.min(1, limit - flying) : limit - flying;
  if (room <= 0)
    return {
      kind: "wait",
      message: `${flying} pods are already on their way; at most ${limit} may be`,
      recheckAfterMs: 1000,
    };
  const sorted = [...allowed].sort((a, b) => (a.pod.node < b.pod.node ? -1 : 1));
  // At least one, so that the guard says why there is no more.
  const steps = sorted
    .slice(0, Math.max(1, Math.min(room, deletionsLeft)))
    .map((member) => step(member, sofar.length === 0));
  return {
    kind: "delete",
    of: group.finding.reason,
    steps,
    more: steps.length < allowed.length || group.kind === "degraded",
  };
}

/** The deletions that were made against this trouble and whether all their successors are well. */
export function canaryOutcome(
  here: Situation,
  intents: readonly Intent[],
  group: Pick<Group, "pods">,
): "none" | "pending" | "healed" {
  const before = againstThis(group, earlier(here, intents));
  if (before.length === 0) return "none";
  return before.every((intent) => isHealed(here, intent)) ? "healed" : "pending";
}
