/** Critical class: what the network, other pods' mounts or unsent data hang on is touched less, or only by a person's word. */
import type { Step } from "../types.ts";
import type { Guard, GuardResult } from "./guard.ts";
import { pass } from "./guard.ts";
import type { Classified } from "./workload-class.ts";
import { classOf } from "./workload-class.ts";

type Deletion = Extract<Step, { kind: "delete-pod" }>;

/** What each class is, in words that continue "It is ". */
const MEANING = {
  path: "in the node's network path",
  driver: "a mount or driver that other pods use",
  buffer: "a buffer whose data is lost with the pod",
} as const;

/** "It is in the node's network path (class path: mounts /opt/cni/bin of the node for writing)". */
export function classSentence({ class: kind, evidence }: Classified): string {
  return kind === "none" ? "It is in no critical class" : `It is ${MEANING[kind]} (class ${kind}: ${evidence})`;
}

function byHand(deletions: readonly Deletion[]): string {
  return deletions.map(({ pod }) => `kubectl delete pod ${pod.name} -n ${pod.namespace}`).join("; ");
}

export const criticalClass: Guard = {
  name: "CriticalClass",
  judge({ plan, facts }) {
    const classified = classOf(facts.structure, facts);
    if (classified.class === "none") return pass;
    const said = classSentence(classified);
    // A forced deletion is a person's word about this very pod already.
    const deletions = plan.steps.filter((step): step is Deletion => step.kind === "delete-pod" && !step.force);
    const template = plan.steps.find(({ kind }) => kind !== "delete-pod");
    const answer = (kind: "veto" | "needs-approval", message: string): GuardResult => ({
      kind,
      reason: "CriticalClass",
      message: `${said}, so ${message}`,
      ...(deletions.length > 0 ? { command: byHand(deletions) } : {}),
    });
    const approval = (what: string): GuardResult => answer("needs-approval", `a person must approve ${what}.`);
    if (deletions.length > 1) return answer("veto", "one pod at a time is the limit.");
    if (classified.class === "buffer" && deletions.some(({ pod }) => !facts.failedPods.includes(pod.uid)))
      return answer("veto", `only Failed pods are deleted. By hand: ${byHand(deletions)}`);
    if (template && (template.kind === "restart" || classified.class !== "buffer"))
      return approval(`the ${template.kind}: ${template.summary}`);
    return classified.class === "driver" && deletions.length > 0
      ? approval(`the deletion (by hand: ${byHand(deletions)})`)
      : pass;
  },
};
