/**
 * What may be done to a target under given policies, without a plan at hand (pure): the same rules as the guards and the
 * plan, told in advance. What the ledger, the pause switch and the neighbours say is not in it: they change by the minute.
 */
import { lowerPolicies } from "../policies.ts";
import type { GuardFacts, Policies } from "../types.ts";
import { MODE_APPROVE } from "./approval.ts";
import { CLUSTER_DELETIONS, CLUSTER_TEMPLATE_WRITES } from "./cluster-budget.ts";
import { classSentence } from "./critical-class.ts";
import { optOutSentence } from "./opt-out.ts";
import type { Owner } from "./owner.ts";
import { ownerOf, ownerSentence } from "./owner.ts";
import type { Classified } from "./workload-class.ts";
import { classOf } from "./workload-class.ts";

/** `automatic`: without asking, where the diagnosis calls for it. `approval`: once a person has approved exactly that plan. */
export interface Permission {
  how: "automatic" | "approval" | "never";
  /** Stable CamelCase constant. */
  reason: string;
  /** One sentence for a person. */
  message: string;
}

export interface Allowance {
  class: Classified;
  /** Who else writes the template; undefined = interactive kubectl only. */
  owner: Owner | undefined;
  delete: Permission;
  rollback: Permission;
  restart: Permission;
  /** Most writes that can happen to it within any hour without a person's word. */
  worstCase: { deletionsPerHour: number; templateWritesPerHour: number };
}

function permission(how: Permission["how"], reason: string, message: string): Permission {
  return { how, reason, message };
}

/** What closes everything: an opt-out, or a policy that cannot be read. */
function closed(facts: GuardFacts, policies: Policies, at: number): Permission | undefined {
  const optedOut = optOutSentence(facts, at);
  if (optedOut) return permission("never", "OptedOut", optedOut);
  const lowered = lowerPolicies(policies, facts);
  return lowered.kind === "unreadable" ? permission("never", "PolicyUnreadable", lowered.message) : undefined;
}

function deletePermission(facts: GuardFacts, policies: Policies, classified: Classified): Permission {
  if (policies.delete === "off") return permission("never", "DeletionsOff", "Deletions are switched off by policy.");
  if (facts.updateStrategy === "OnDelete")
    return permission("never", "OnDelete", "Under OnDelete a deletion would also change the pod's template.");
  const said = classSentence(classified);
  switch (classified.class) {
    case "driver":
      return permission("approval", "CriticalClass", `${said}, so a person must approve each deletion.`);
    case "buffer":
      return permission("automatic", "FailedPodsOnly", `${said}, so only Failed pods are deleted.`);
    case "path":
      return permission("automatic", "OneAtATime", `${said}, so one pod at a time is deleted.`);
    case "none":
      return permission(
        "automatic",
        "CanaryThenWaves",
        "One pod first; more only once its replacement stays available.",
      );
  }
}

/** What holds for every template write. */
function templateClosed(facts: GuardFacts, owner: Owner | undefined): Permission | undefined {
  if (facts.updateStrategy === "OnDelete")
    return permission("never", "OnDelete", "Under OnDelete a template write replaces no pod.");
  if (owner) return permission("never", "ManagedByOthers", ownerSentence(owner));
  if (facts.namespaceAnnotations === undefined)
    return permission("never", "NotEvaluated", "The namespace's annotations cannot be read with these rights.");
  return facts.templateManagers.length === 0
    ? permission("never", "ManagerUnknown", "The managedFields do not say who owns the template.")
    : undefined;
}

function rollbackPermission(policies: Policies, classified: Classified): Permission {
  switch (policies.rollback) {
    case "off":
      return permission("never", "RollbackOff", "Rollback is switched off by policy.");
    case "suggest":
      return permission("never", "RollbackSuggested", "Rollback is only suggested: the command is printed.");
    case "approve":
      return permission("approval", "RollbackApprove", "A rollback to the proven revision waits for a person.");
    case "auto":
      return classified.class === "path" || classified.class === "driver"
        ? permission("approval", "CriticalClass", `${classSentence(classified)}, so a person must approve a rollback.`)
        : permission("automatic", "RollbackAuto", "To the proven revision, where that restarts no available pod.");
  }
}

function restartPermission(policies: Policies, classified: Classified): Permission {
  const { class: kind } = classified;
  if (policies.strategy === "guided" && (kind === "driver" || kind === "buffer"))
    return permission(
      "never",
      "CriticalClass",
      `${classSentence(classified)}, so no canary is deleted and none restarts it.`,
    );
  if (kind !== "none")
    return permission("approval", "CriticalClass", `${classSentence(classified)}, so a person must approve a restart.`);
  return policies.strategy === "restart"
    ? permission("automatic", "StrategyRestart", "After the deletions, once for each template.")
    : permission("automatic", "AfterCanary", "Only where many pods degraded at once and the first fresh pod is well.");
}

/** Class, owner, what may be done, and the worst case per hour. `policies` are the flags; annotations lower them here. */
export function allowance(facts: GuardFacts, policies: Policies, at: number): Allowance {
  const classified = classOf(facts.structure, facts);
  const owner = ownerOf(facts);
  const never = closed(facts, policies, at);
  const lowered = lowerPolicies(policies, facts);
  const own = lowered.kind === "policies" ? lowered.policies : policies;
  const template = never ?? templateClosed(facts, owner);
  const asked = (may: Permission): Permission =>
    policies.mode === "approve" && may.how === "automatic" ? permission("approval", "ModeApprove", MODE_APPROVE) : may;
  const may = {
    delete: asked(never ?? deletePermission(facts, own, classified)),
    rollback: asked(template ?? rollbackPermission(own, classified)),
    restart: asked(template ?? restartPermission(own, classified)),
  };
  const writesTemplate = may.rollback.how === "automatic" || may.restart.how === "automatic";
  // Where the namespace cannot be read, one pod within a day is the limit.
  const pods = facts.namespaceAnnotations === undefined ? Math.min(1, facts.desired) : facts.desired;
  return {
    class: classified,
    owner,
    ...may,
    worstCase: {
      deletionsPerHour: may.delete.how === "automatic" ? Math.min(CLUSTER_DELETIONS, pods) : 0,
      templateWritesPerHour: writesTemplate ? CLUSTER_TEMPLATE_WRITES : 0,
    },
  };
}
