/** The smallest write (pure): an annotation on the DaemonSet, so that its controller counts anew. It restarts nothing. */
import type { PlanContext, Step } from "../../engine/types.ts";
import type { Situation } from "./situation.ts";

export type Touch =
  | { kind: "step"; step: Extract<Step, { kind: "touch" }> }
  | { kind: "refused"; reason: string; message: string };

/** A touch for a stale status, at most once for each generation; it changes no template, so it needs no owner's consent. */
export function touchFor(here: Situation, reason: string, context: PlanContext): Touch {
  const { daemonSet } = here.observation;
  const command = `kubectl annotate ${here.ref} -n ${daemonSet.namespace} --overwrite operarius.openfero.io/touched-at=now`;
  const before = context.intents.some(
    ({ kind, uid, generation }) =>
      kind === "touch" && uid === daemonSet.uid && (generation ?? daemonSet.generation) === daemonSet.generation,
  );
  if (before)
    return {
      kind: "refused",
      reason: "AlreadyTouched",
      message: `generation ${daemonSet.generation} was touched before, and the controller has not counted anew`,
    };
  if (!context.mayPatchTemplate)
    return {
      kind: "refused",
      reason: "MissingRight",
      message: `these rights do not include changing the DaemonSet; the command is ${command}`,
    };
  return {
    kind: "step",
    step: {
      kind: "touch",
      reason,
      summary: `annotate the DaemonSet (not its template), so that the controller counts again; this restarts nothing (${command})`,
    },
  };
}
