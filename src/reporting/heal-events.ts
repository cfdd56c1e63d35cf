/** Events on the target for each write of a remedy, so that `kubectl describe` tells who did what. */
import type { Event } from "kubernetes-types/core/v1";
import { redact } from "../engine/redact.ts";
import type { Step, Target } from "../engine/types.ts";
import { events } from "../kube/resources.ts";
import type { Kube } from "../kube/types.ts";

const REASONS: Readonly<Record<Step["kind"], string>> = {
  "delete-pod": "OperariusDeletedPod",
  restart: "OperariusRestarted",
  rollback: "OperariusRolledBack",
  touch: "OperariusTouched",
};

/** Rejects with the API's error; the caller decides that it does not matter. */
export async function announceStep(
  kube: Kube,
  about: { target: Target; uid: string; step: Step; at: number },
): Promise<void> {
  const { target, uid, step, at } = about;
  const time = new Date(at).toISOString();
  const event: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: `${target.name.slice(0, 200)}.operarius-`, namespace: target.namespace },
    involvedObject: { apiVersion: "apps/v1", kind: target.kind, namespace: target.namespace, name: target.name, uid },
    type: "Normal",
    reason: REASONS[step.kind],
    message: redact(`${step.reason}: ${step.summary}`, 1024),
    source: { component: "operarius" },
    reportingComponent: "operarius",
    reportingInstance: "operarius",
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  await kube.create(events, event);
}
