/** From findings to the least write that helps (pure). Policies lower what is possible; they never raise it. */
import { digest } from "../../engine/digest.ts";
import type { Diagnosis, Plan, PlanContext, Step } from "../../engine/types.ts";
import type { Group } from "./causes/group.ts";
import type { Deletions } from "./deletions.ts";
import { canaryOutcome, deletionsFor } from "./deletions.ts";
import type { Assessment } from "./diagnose.ts";
import { assess, namedOnce } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import { forcedDeletions } from "./force.ts";
import type { Template } from "./template-writes.ts";
import { restartStep, rollbackFor } from "./template-writes.ts";
import { touchFor } from "./touch.ts";
import { withoutVoid } from "./void-intents.ts";

const NOT_NEEDED = "not needed";

/** The five-step runbook's answer for this observation. Same observation and context, same plan. */
export function plan(observation: Observation, diagnosis: Diagnosis, given: PlanContext): Plan {
  const context = { ...given, intents: withoutVoid(given.intents, observation, given.settings) };
  if (diagnosis.kind === "healthy") {
    const { reason, message } = diagnosis;
    const nothing: Plan = { kind: "nothing", reason, message, notes: { delete: NOT_NEEDED, template: NOT_NEEDED } };
    return owedRestart(observation, message, context) ?? nothing;
  }
  const assessment = assess(observation, context.settings);
  const forced = forcedDeletions(assessment, context);
  if (forced.length > 0)
    return act(
      observation,
      forced,
      { reason: "ForceDeleteApproved", message: "a person approved the forced deletion of exactly this pod" },
      { template: NOT_NEEDED },
    );
  if (diagnosis.kind === "pending") {
    const { reason, message, recheckAfterMs } = diagnosis;
    const notes = {
      delete: `not done: ${message}`,
      template: "not done: the rollout is still moving; a restart would begin it anew",
    };
    return { kind: "wait", reason, message, recheckAfterMs, notes };
  }
  const stale = diagnosis.reason === "StatusStale" ? touch(observation, assessment, context) : undefined;
  if (stale) return stale;
  return context.policies.strategy === "restart"
    ? letterOfTheRunbook(observation, assessment, context)
    : leastThing(observation, assessment, context);
}

/** Only the status is behind: all pods are well, so nothing but a touch is needed, whatever the strategy. */
function touch(observation: Observation, { here, diagnosis }: Assessment, context: PlanContext): Plan {
  const { reason, message } = diagnosis;
  const touched = touchFor(here, reason, context);
  const notes = { delete: "not needed: all pods run" };
  if (touched.kind === "step")
    return act(observation, [touched.step], { reason, message }, { ...notes, template: touched.step.summary });
  const template = `not done: ${touched.message}`;
  return {
    kind: "decline",
    reason: touched.reason,
    message: `${message} Not done: ${touched.message}.`,
    notes: { ...notes, template },
  };
}

/** Guided: delete where a fresh pod can help, roll back where the template is at fault, restart only after C41's canary. */
function leastThing(observation: Observation, assessment: Assessment, context: PlanContext): Plan {
  const fault = assessment.groups.find(({ kind }) => kind === "revision-fault");
  const rollback = rollbackFor(assessment, fault, context);
  const template = templateNote(assessment, fault, rollback);
  if (rollback.kind === "step") {
    const { step, needsApproval } = rollback;
    // The rollback ends every fault of the revision.
    const faults = assessment.groups
      .filter(({ kind }) => kind === "revision-fault")
      .map(({ finding }) => finding.reason);
    return act(
      observation,
      [step],
      { reason: step.reason, message: withRest(assessment, [step.reason, ...faults]) },
      { template, delete: "not done: a new pod of the same revision would fail the same way" },
      { needsApproval },
    );
  }
  const degraded = assessment.groups.find(({ kind }) => kind === "degraded");
  if (
    degraded &&
    canaryOutcome(assessment.here, context.intents, degraded) === "healed" &&
    2 * degraded.pods.length >= assessment.here.counters.desired
  ) {
    const restart = restartStep(assessment, context, degraded.finding.reason);
    if (restart.kind === "step")
      return act(
        observation,
        [restart.step],
        { reason: restart.step.reason, message: withRest(assessment, [degraded.finding.reason]) },
        {
          template: restart.step.summary,
          delete: "done: the first replacement stays available, so the rest is left to the controller's own pace",
        },
      );
  }
  return deletionsOrDecline(observation, assessment, context, { rollback, template });
}

function deletionsOrDecline(
  observation: Observation,
  assessment: Assessment,
  context: PlanContext,
  options: { rollback: Template; template: string },
): Plan {
  const groups = assessment.groups.filter(({ kind }) => kind !== "person");
  const results = groups.map((group) => deletionsFor(group, assessment, context));
  const { diagnosis } = assessment;
  const chosen = results.find((result) => result.kind === "delete");
  if (chosen?.kind === "delete" && chosen.steps[0]) {
    return act(
      observation,
      chosen.steps,
      { reason: chosen.of, message: withRest(assessment, [chosen.of]) },
      { template: options.template },
      { more: chosen.more },
    );
  }
  const notes = { delete: deletionNote(results, assessment), template: options.template };
  const waiting = results.find((result) => result.kind === "wait");
  if (waiting?.kind === "wait") {
    return { kind: "wait", reason: "Waiting", message: waiting.message, recheckAfterMs: waiting.recheckAfterMs, notes };
  }
  const tried = results.find((result) => result.kind === "none" && WHAT_DELETION_SHOWED[result.reason] !== undefined);
  const reason =
    tried?.kind === "none"
      ? tried.reason
      : options.rollback.kind === "refused" && options.rollback.relevant
        ? options.rollback.reason
        : diagnosis.reason;
  const shown = tried?.kind === "none" ? ` ${WHAT_DELETION_SHOWED[tried.reason]}` : "";
  return { kind: "decline", reason, message: `${diagnosis.message}${shown}`, notes };
}

/** The sentence of what is acted on, by its findings' reasons, and what a person must still see to. */
function withRest({ diagnosis }: Assessment, acted: readonly string[]): string {
  if (diagnosis.kind !== "unhealthy") return diagnosis.message;
  const main = diagnosis.findings.find(({ reason }) => acted.includes(reason)) ?? diagnosis.findings[0];
  const rest = diagnosis.findings.filter(({ reason, cause }) => !acted.includes(reason) && cause !== "C36");
  if (rest.length === 0) return main.message;
  return `${main.message} It remains for a person: ${namedOnce(rest)}.`;
}

/** What an earlier deletion has taught, by the reason for which there is no other. */
const WHAT_DELETION_SHOWED: Readonly<Record<string, string>> = {
  AlreadyTried: "A fresh pod had the same trouble.",
  ReplacementFailing: "The fresh pod has another trouble.",
  SameReasonElsewhere: "Another node had the same trouble before.",
};

/** `--strategy restart`: delete what may be deleted, then always restart, except where that cannot work or does damage. */
function letterOfTheRunbook(observation: Observation, assessment: Assessment, context: PlanContext): Plan {
  const { diagnosis } = assessment;
  const restart = restartStep(assessment, context, "StrategyRestart");
  const deletions = assessment.groups
    .filter(({ kind }) => kind !== "person")
    .map((group) => deletionsFor(group, assessment, context));
  const chosen = deletions.find((result) => result.kind === "delete");
  const template = restart.kind === "step" ? restart.step.summary : `not done: ${restart.message}`;
  const stepThree = chosen?.kind === "delete" ? chosen.steps : [];
  const waiting = deletions.find((result) => result.kind === "wait");
  const why = { reason: restart.kind === "step" ? restart.step.reason : diagnosis.reason, message: diagnosis.message };
  if (stepThree[0]) return act(observation, stepThree, why, { template }, { more: true });
  const notes = { delete: deletionNote(deletions, assessment), template };
  if (waiting?.kind === "wait")
    return { kind: "wait", reason: "Waiting", message: waiting.message, recheckAfterMs: waiting.recheckAfterMs, notes };
  if (restart.kind === "step") return act(observation, [restart.step], why, notes);
  return { kind: "decline", reason: restart.reason, message: diagnosis.message, notes };
}

/** To the letter, step 4 follows step 3 even where the deletions were enough. */
function owedRestart(observation: Observation, message: string, context: PlanContext): Plan | undefined {
  const { uid, template } = observation.daemonSet;
  const deleted = context.intents.some(
    (intent) => intent.kind === "delete-pod" && intent.uid === uid && intent.templateHash === template.hash,
  );
  if (context.policies.strategy !== "restart" || !deleted) return undefined;
  const restart = restartStep(assess(observation, context.settings), context, "StrategyRestart");
  if (restart.kind !== "step") return undefined;
  const { step } = restart;
  const notes = { delete: "done: its pods run again", template: step.summary };
  return act(observation, [step], { reason: step.reason, message }, notes);
}

function deletionNote(results: readonly Deletions[], { creation, diagnosis, frozen }: Assessment): string {
  if (frozen) return `not done: ${frozen.message}`;
  const told = results.find((result) => result.kind !== "delete");
  if (told?.kind === "wait" || told?.kind === "none") return `not done: ${told.message}`;
  if (creation) return "not done: pods cannot be created at present; a deleted one would not come back";
  const finding = diagnosis.kind === "unhealthy" ? diagnosis.findings[0] : undefined;
  return finding
    ? `not done: ${WHY_NO_DELETION[finding.cause] ?? "a new pod would meet the same trouble"}`
    : NOT_NEEDED;
}

/** Why deleting pods does not help, by cause. */
const WHY_NO_DELETION: Readonly<Record<string, string>> = {
  C13: "a new pod would be as unschedulable as this one",
  C15: "a pod on a dead node cannot be replaced before the node is repaired or removed",
  C16: "a pod on a dead node cannot be replaced before the node is repaired or removed",
  C17: "the pod is already being deleted; only its node can finish that",
  C18: "the pod is already being deleted; its finalizer's owner must release it",
  C24: "under OnDelete a person decides when each pod gets the new template",
  C26: "the pod would not come back; covering these nodes is a person's decision",
  C25: "deleting the older pod would break what maxSurge promises",
  C27: "the controller deletes them itself; whether these nodes should be selected is a person's decision",
  C28: "a new pod would be as little built for that node",
  C29: "the new pod would begin to count anew",
  C30: "the controller does not act at present",
  C31: "the controller does not act on this DaemonSet at present",
  C32: "the DaemonSet is being deleted",
  C38: "the controller removes what is too many itself once it works",
  C39: "a new pod would be as unschedulable as this one",
};

function templateNote({ diagnosis }: Assessment, fault: Group | undefined, rollback: Template): string {
  if (rollback.kind === "step") return rollback.step.summary;
  if (fault) return `not done: a restart would write a new revision of the same broken template; ${rollback.message}`;
  const cause = diagnosis.kind === "unhealthy" ? diagnosis.findings[0].cause : "none";
  if (cause === "C04")
    return "not done: the revision is good on the other nodes; a restart would re-create healthy pods and leave this node as it is";
  if (cause === "C41") return "not done: first one fresh pod must show that re-creation helps";
  return `not done: a restart helps against none of this${rollback.kind === "refused" && rollback.relevant ? `; ${rollback.message}` : ""}`;
}

/** `notes.delete` may be left out where the steps are deletions: then it is what they say. */
function act(
  observation: Observation,
  steps: readonly Step[],
  why: { reason: string; message: string },
  notes: { delete?: string; template: string },
  options: { needsApproval?: boolean; more?: boolean } = {},
): Plan {
  const [first, ...rest] = steps;
  if (!first) throw new RangeError("a plan to act needs a step");
  const { fence } = observation;
  const same = steps.map((step) => ({
    kind: step.kind,
    reason: step.reason,
    ...(step.kind === "delete-pod" ? { uid: step.pod.uid, node: step.node, force: step.force } : {}),
    // Whoever agreed to a rollback that restarts nothing has not agreed to one that does.
    ...(step.kind === "rollback" ? { revision: step.revision, free: step.restartsAvailable === 0 } : {}),
  }));
  return {
    kind: "act",
    ...why,
    steps: [first, ...rest],
    more: options.more ?? false,
    needsApproval: options.needsApproval ?? false,
    fence,
    digest: digest({ same, fence }, 16),
    notes: { delete: notes.delete ?? steps.map(({ summary }) => summary).join("; "), template: notes.template },
  };
}
