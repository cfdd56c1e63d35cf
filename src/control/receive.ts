/** A delivery from its reading to the answer: every alert by itself, and 200 only when all that matter are recorded. */
import { setImmediate as immediate } from "node:timers/promises";
import type { Alert, Delivery, HookMessage } from "../intake/alert.ts";
import { alertName } from "../intake/alert.ts";
import type { AlertStore, JobInfo } from "../intake/alert-store.ts";
import { shown } from "../intake/snapshot.ts";
import { match } from "../operarius/match.ts";
import { jobName, targetHash } from "../operarius/names.ts";
import type { Operarius } from "../operarius/operarius.ts";
import { isTerminal, remediations } from "../operarius/remediation.ts";
import type { Target } from "../operarius/target.ts";
import { targetOf } from "../operarius/target.ts";
import { errorText } from "../reporting/log.ts";
import type { Admission } from "./admit.ts";
import { admit, newestOf } from "./admit.ts";
import type { Catalog } from "./catalog.ts";
import { usable } from "./catalog.ts";
import type { ControlContext } from "./context.ts";
import { noteExecution } from "./execution.ts";
import { withWayOut } from "./way-out.ts";

/** `unavailable` becomes 5xx. */
export type Received = { kind: "recorded" } | { kind: "unavailable"; message: string };

export type Outcome = Admission | { kind: "no-match" } | { kind: "resolved"; remediation?: string };

/** How many alerts of one delivery are worked on at once; keeps a large batch from flooding the API server. */
const PARALLEL = 8;
/** After how many alerts other requests get their turn. */
const BREATHER = 100;

export interface Receiver {
  context: ControlContext;
  catalog: Catalog;
  store: AlertStore;
  /** Told each new record: after an outage the watch that would show it may still be waiting for its next try. */
  wake?: (remediation: string) => void;
}

/** Matches and records every alert of the delivery. Never rejects. `signal` ends it early, as unavailable. */
export async function receive(receiver: Receiver, delivery: Delivery, signal?: AbortSignal): Promise<Received> {
  const { log } = receiver.context;
  if (delivery.truncatedAlerts > 0) {
    log.warn({ count: delivery.truncatedAlerts }, "Alertmanager left alerts out of this delivery; raise max_alerts");
  }
  for (const { index, reason } of delivery.rejected) log.warn({ index, reason }, "an alert could not be read");
  const operarii = await loadOperarii(receiver, delivery.alerts);
  if (typeof operarii === "string") {
    for (const alert of delivery.alerts) remember(receiver, alert);
    return { kind: "unavailable", message: operarii };
  }
  const problems: string[] = [];
  const waiting = delivery.alerts.entries();
  const work = async () => {
    for (const [index, alert] of waiting) {
      // Alerts that need no request would keep everybody else, and the timeout, waiting until the last one.
      if (index % BREATHER === BREATHER - 1) await immediate();
      if (signal?.aborted === true) {
        problems.push("the delivery took longer than the write timeout");
        return;
      }
      const outcome = await handle(receiver, { alert, hook: delivery.hook, operarii });
      if (outcome.kind === "unavailable") problems.push(outcome.message);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  const first = problems[0];
  return first === undefined ? { kind: "recorded" } : { kind: "unavailable", message: first };
}

/** From the cache; but an alert that nobody there answers is worth a look at the API before it is let go with a 200. */
async function loadOperarii({ context, catalog }: Receiver, alerts: readonly Alert[]): Promise<Operarius[] | string> {
  const answered = (operarii: Operarius[]) =>
    alerts.every((alert) => match(alert, operarii) ?? match({ ...alert, status: "firing" }, operarii));
  try {
    const cached = usable(await catalog.entries());
    return answered(cached) ? cached : usable(await catalog.fresh());
  } catch (error) {
    context.metrics.operariusSyncErrors.inc();
    return `the Operarii cannot be read: ${withWayOut(error)}`;
  }
}

async function handle(
  receiver: Receiver,
  { alert, hook, operarii }: { alert: Alert; hook: HookMessage; operarii: Operarius[] },
): Promise<Outcome> {
  const { context } = receiver;
  const operarius = match(alert, operarii);
  let outcome: Outcome = { kind: "no-match" };
  let jobInfo: JobInfo | undefined;
  if (operarius !== undefined) {
    const target = actionableTarget(context, operarius, alert);
    outcome = "reason" in target ? target : await admit(context, { alert, hook, operarius, target });
    if (!("reason" in target)) jobInfo = jobOf(operarius, target, outcome);
    if (outcome.kind === "created") receiver.wake?.(outcome.remediation);
    if (outcome.kind === "skipped") await noteExecution(context, operarius.metadata.name, "Skipped: Deduplication");
  }
  if (alert.status === "resolved") {
    const cleared = await noteResolved(context, operarii, alert);
    if (outcome.kind === "no-match") outcome = cleared;
  }
  remember(receiver, alert, jobInfo);
  report(context, alert, operarius, outcome);
  return outcome;
}

/** The target, or why nothing may be done about it. */
function actionableTarget(
  context: ControlContext,
  operarius: Operarius,
  alert: Alert,
): Target | Extract<Admission, { kind: "rejected" }> {
  const { clusterName } = context.settings;
  const found = targetOf(alert, { clusterName, override: operarius.spec.target });
  if (found.kind === "none") return { kind: "rejected", reason: found.reason, message: found.message };
  const { cluster } = found.target;
  if (clusterName !== "" && cluster !== clusterName) {
    const message = `the alert is about cluster "${cluster}", and this server's --clusterName is "${clusterName}"`;
    return { kind: "rejected", reason: "OtherCluster", message };
  }
  return found.target;
}

/**
 * A resolved alert is noted on the record that the same alert opened; before any Job, that may cancel it. A record of ours
 * that has ended watches over its target as long as the alert fires, so it is told, too.
 */
async function noteResolved(context: ControlContext, operarii: Operarius[], alert: Alert): Promise<Outcome> {
  const operarius = match({ ...alert, status: "firing" }, operarii);
  if (operarius === undefined) return { kind: "no-match" };
  const target = actionableTarget(context, operarius, alert);
  if ("reason" in target) return { kind: "resolved" };
  try {
    const newest = await newestOf(context, target);
    if (newest === undefined) return { kind: "resolved" };
    const { alert: opened, operarius: answering } = newest.spec;
    if (isTerminal(newest.status?.phase) && answering.ours !== true) return { kind: "resolved" };
    if (opened.status !== "firing" || opened.labels.alertname !== alertName(alert)) return { kind: "resolved" };
    const { name, namespace = "" } = newest.metadata;
    const alertResolvedAt = new Date(context.now()).toISOString();
    await context.kube.patchStatus(
      remediations,
      { namespace, name },
      { type: "merge", body: { status: { alertResolvedAt } } },
    );
    return { kind: "resolved", remediation: name };
  } catch (error) {
    return { kind: "unavailable", message: errorText(error) };
  }
}

/** What `GET /api/alerts` shows beside the alert; the name of an episode's first Job is known beforehand. */
function jobOf(operarius: Operarius, target: Target, outcome: Outcome): JobInfo | undefined {
  if (outcome.kind !== "created" && outcome.kind !== "live") return undefined;
  const { name, namespace } = operarius.metadata;
  return {
    operariusName: name,
    namespace,
    jobName: jobName(name, targetHash(target), outcome.sequence, 1),
    image: imageOf(operarius),
  };
}

/** The image of the first container. */
export function imageOf(operarius: Operarius): string {
  return operarius.spec.jobTemplate.spec.template.spec?.containers[0]?.image ?? "";
}

function remember(receiver: Receiver, alert: Alert, jobInfo?: JobInfo): void {
  const timestamp = new Date(receiver.context.now()).toISOString();
  receiver.store.add({
    alert: shown(alert),
    status: alert.status,
    timestamp,
    ...(jobInfo === undefined ? {} : { jobInfo }),
  });
}

function report(
  { log, metrics }: ControlContext,
  alert: Alert,
  operarius: Operarius | undefined,
  outcome: Outcome,
): void {
  metrics.alertsReceived.inc({ status: alert.status, outcome: outcome.kind });
  const fields = { alert: alertName(alert), status: alert.status, operarius: operarius?.metadata.name, ...outcome };
  if (outcome.kind === "rejected" || outcome.kind === "unavailable") log.warn(fields, "alert not acted upon");
  else log.info(fields, "alert received");
}
