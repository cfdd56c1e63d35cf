/** Kubernetes Events on a Remediation: one constructor per event, one recorder. */
import type { Event } from "kubernetes-types/core/v1";
import { events } from "../kube/resources.ts";
import type { Kube, Live } from "../kube/types.ts";
import { shortHash } from "../operarius/names.ts";
import type { Phase, Remediation } from "../operarius/remediation.ts";
import type { Logger } from "./log.ts";
import { errorText } from "./log.ts";

/** What happened, for `kubectl describe`. `reason` is public API. */
export interface Notice {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

const MAX_MESSAGE = 1024;

/** An attempt begins: which Job makes it. */
export function jobStarted(jobName: string, attempt: number): Notice {
  return { type: "Normal", reason: "JobStarted", message: `Attempt ${attempt}: started Job ${jobName}.` };
}

/** An attempt ended without a result; when the next look is. */
export function attemptWaits(attempt: number, seconds: number, sentence: string): Notice {
  return { type: "Normal", reason: "Waiting", message: `Attempt ${attempt}: ${sentence} Next look in ${seconds} s.` };
}

/** An attempt ran on a node that is itself in trouble; it costs nothing, the next one is placed elsewhere. */
export function attemptMoves(attempt: number, node: string, sentence: string): Notice {
  return {
    type: "Normal",
    reason: "Moved",
    message: `Attempt ${attempt} ran on ${node}: ${sentence} The next one runs elsewhere.`,
  };
}

/** A plan waits for a person; the digest is what an approval must name. */
export function approvalNeeded(digest: string, sentence: string): Notice {
  return { type: "Normal", reason: "ApprovalNeeded", message: `${sentence} Approve or deny plan ${digest}.` };
}

/** A person agreed to exactly this plan; `by` is undefined where the cluster does not say who. */
export function approvalGiven(digest: string, by: string | undefined): Notice {
  return { type: "Normal", reason: "Approved", message: `Plan ${digest} was approved${by ? ` by ${by}` : ""}.` };
}

/** An approval that names no plan or another one approves nothing. */
export function approvalForAnotherPlan(named: string | undefined, actual: string): Notice {
  return {
    type: "Warning",
    reason: "ApprovalForAnotherPlan",
    message: `The approval names plan ${named ?? "(none)"}, but plan ${actual} awaits approval. Read it and approve that digest.`,
  };
}

/** The record waits for something else; why, with the numbers. */
export function blocked(reason: string, message: string): Notice {
  return { type: "Normal", reason, message: `Blocked: ${message}` };
}

/** The Job has reported its end; the server counts again by itself. */
export function verifying(sentence: string): Notice {
  return { type: "Normal", reason: "Verifying", message: `The Job reports: ${sentence} Verifying by a recount.` };
}

/** An attempt failed for a reason that may pass. */
export function attemptFailed(attempt: number, seconds: number, sentence: string): Notice {
  return {
    type: "Warning",
    reason: "AttemptFailed",
    message: `Attempt ${attempt}: ${sentence} The next one may start in ${seconds} s.`,
  };
}

/** A plan that waited for a person is not what would be done now. */
export function approvalLapsed(sentence: string): Notice {
  return { type: "Normal", reason: "PlanChanged", message: sentence };
}

/** The end of an episode, whatever it was. */
export function ended(phase: Phase, reason: string, message: string): Notice {
  const type = phase === "Succeeded" || phase === "Cancelled" ? "Normal" : "Warning";
  return { type, reason: reason === "" ? phase : reason, message: `${phase}: ${message}` };
}

/** Posts the notice. Best effort: an Event that cannot be written never holds up a remediation. */
export async function recordEvent(
  to: { kube: Kube; log: Logger; now: () => number },
  remediation: Live<Remediation>,
  notice: Notice,
): Promise<void> {
  const at = to.now();
  const { name, namespace = "", uid, resourceVersion } = remediation.metadata;
  const time = new Date(at).toISOString();
  const event: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${shortHash([uid, notice.reason, notice.message, String(at)], 12)}`, namespace },
    involvedObject: { apiVersion: "openfero.io/v1alpha1", kind: "Remediation", name, namespace, uid, resourceVersion },
    type: notice.type,
    reason: notice.reason,
    message: notice.message.slice(0, MAX_MESSAGE),
    source: { component: "operarius" },
    reportingComponent: "operarius",
    reportingInstance: "operarius",
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
  try {
    await to.kube.create(events, event);
  } catch (error) {
    to.log.warn({ remediation: name, reason: notice.reason, error: errorText(error) }, "event not written");
  }
}
