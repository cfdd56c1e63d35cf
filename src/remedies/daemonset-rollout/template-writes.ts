/** Rollback and restart (pure): when they are right, and the words when they are not. */
import type { PlanContext, Step } from "../../engine/types.ts";
import { restartsOfRollback } from "./causes/blame.ts";
import type { Group } from "./causes/group.ts";
import type { Assessment } from "./diagnose.ts";

export type Template =
  | { kind: "step"; step: Step; needsApproval: boolean }
  | { kind: "refused"; reason: string; message: string; relevant: boolean };

function refused(reason: string, message: string, relevant = true): Template {
  return { kind: "refused", reason, message, relevant };
}

/** A rollback is right where the template is at fault: its pods start nowhere, or its pods cannot be created. */
export function rollbackFor(assessment: Assessment, fault: Group | undefined, context: PlanContext): Template {
  const { here, creation, frozen } = assessment;
  const { daemonSet } = here.observation;
  if (frozen) return refused(frozen.reason, frozen.message);
  const finding = fault?.finding ?? (creation?.templateCaused ? creation : undefined);
  if (!finding)
    return refused("TemplateNotAtFault", "the template is not at fault, so a rollback would change nothing", false);
  if (creation && !creation.templateCaused)
    return refused("CreationFailing", "pods cannot be created whatever the template; repair that first");
  if (daemonSet.strategy !== "RollingUpdate")
    return refused("OnDelete", "under OnDelete a template write replaces no pod");
  const { proven } = here;
  if (!proven)
    return refused("NoProvenRevision", "no other revision is proven on at least half of the eligible Ready nodes");
  const command = `kubectl rollout undo ${here.ref} -n ${daemonSet.namespace} --to-revision=${proven.number}`;
  const before = context.intents.filter((intent) => intent.kind === "rollback" && intent.uid === daemonSet.uid);
  if (before.some(({ templateHash }) => templateHash === daemonSet.template.hash)) {
    return refused(
      "AlreadyRolledBack",
      `this template was already rolled back once and came back; stop and find out who re-applies it (${command})`,
    );
  }
  if (before.some(({ templateHash }) => templateHash === proven.templateHash)) {
    return refused("RolledBackFrom", `revision ${proven.number} is itself one that was rolled back before`);
  }
  if (context.policies.rollback === "off")
    return refused("RollbackOff", `rollback is switched off by policy; the command is ${command}`);
  if (context.policies.rollback === "suggest")
    return refused("RollbackSuggested", `rollback is only suggested here; the command is ${command}`);
  if (!context.mayPatchTemplate) {
    return refused("MissingRight", `these rights do not include changing the template; the command is ${command}`);
  }
  const restartsAvailable = restartsOfRollback(here);
  return {
    kind: "step",
    needsApproval: context.policies.rollback !== "auto" || restartsAvailable > 0,
    step: {
      kind: "rollback",
      reason: finding.reason,
      revision: { name: proven.name, number: proven.number, templateHash: proven.templateHash },
      restartsAvailable,
      summary: `roll back${here.current ? ` from revision ${here.current.number}` : ""} to revision ${proven.number}, which restarts ${restartsAvailable || "no"} available ${restartsAvailable > 1 ? "pods" : "pod"} (${command})`,
    },
  };
}

/** A rolling restart, exactly kubectl's, where nothing forbids it. At most once per template. */
export function restartStep(assessment: Assessment, context: PlanContext, reason: string): Template {
  const { here, creation, diagnosis, frozen } = assessment;
  const { daemonSet } = here.observation;
  if (frozen) return refused(frozen.reason, frozen.message);
  const cause = diagnosis.kind === "unhealthy" ? diagnosis.findings[0].cause : "none";
  if (cause === "C32") return refused("BeingDeleted", "the DaemonSet is being deleted");
  if (cause === "C30" || cause === "C31")
    return refused("ControllerBehind", "the controller has not observed the last spec; another one would only queue");
  if (daemonSet.strategy !== "RollingUpdate") return refused("OnDelete", "under OnDelete a restart replaces no pod");
  if (creation)
    return refused("CreationFailing", "pods cannot be created at present; a restart would lose healthy ones");
  const done = context.intents.some(
    (intent) =>
      intent.kind === "restart" && intent.uid === daemonSet.uid && intent.templateHash === daemonSet.template.hash,
  );
  if (done) return refused("AlreadyRestarted", "this template was already restarted once in this episode");
  if (!context.mayPatchTemplate) {
    const command = `kubectl rollout restart ${here.ref} -n ${daemonSet.namespace}`;
    return refused("MissingRight", `these rights do not include changing the template; the command is ${command}`);
  }
  const back = here.proven
    ? `; the way back is kubectl rollout undo ${here.ref} -n ${daemonSet.namespace} --to-revision=${here.proven.number}`
    : "";
  return {
    kind: "step",
    needsApproval: false,
    step: { kind: "restart", reason, summary: `restart the rollout, paced by its update strategy${back}` },
  };
}
