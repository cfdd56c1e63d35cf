/** A delivery from its reading to the answer: every alert by itself, and 200 only when all that matter are recorded. */
import { setImmediate as immediate } from "node:timers/promises";
import type { Alert, Delivery, HookMessage } from "../intake/alert.ts";
import { alertName } from "../intake/alert.ts";
import type { AlertStore, JobInfo, StoredAlert } from "../intake/alert-store.ts";
import { shown } from "../intake/snapshot.ts";
import type { Unmatched } from "../operarius/explain-match.ts";
import { explainMatch } from "../operarius/explain-match.ts";
import { match } from "../operarius/match.ts";
import { jobName, targetHash } from "../operarius/names.ts";
import type { Operarius, ReadOperarius } from "../operarius/operarius.ts";
import { ownTarget } from "../operarius/own-target.ts";
import { isTerminal, remediations } from "../operarius/remediation.ts";
import type { Target } from "../operarius/target.ts";
import { errorText } from "../reporting/log.ts";
import type { Admission } from "./admit.ts";
import { admit, newestOf } from "./admit.ts";
import type { Catalog, CatalogEntry } from "./catalog.ts";
import { usable } from "./catalog.ts";
import type { ControlContext } from "./context.ts";
import { noteExecution } from "./execution.ts";
import { withWayOut } from "./way-out.ts";

/** `unavailable` becomes 5xx. */
export type Received = { kind: "recorded" } | { kind: "unavailable"; message: string };

export type Outcome =
  | Admission
  | ({ kind: "no-match" } & Partial<Unmatched>)
  | { kind: "resolved"; remediation?: string };

/** The Operarii that a delivery is judged by: those that can be matched, and all of them, to explain a miss. */
interface Installed {
  operarii: Operarius[];
  reads: ReadOperarius[];
}

/** What an alert of a delivery is judged with. */
interface Surroundings {
  hook: HookMessage;
  installed: Installed;
  /** What fires in this delivery, as `identityOf` calls it. */
  firing: ReadonlySet<string>;
}

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
  const { log, metrics } = receiver.context;
  if (delivery.truncatedAlerts > 0) {
    metrics.alertsTruncated.inc(delivery.truncatedAlerts);
    log.warn({ count: delivery.truncatedAlerts }, "Alertmanager left alerts out of this delivery; raise max_alerts");
  }
  for (const { index, reason } of delivery.rejected) log.warn({ index, reason }, "an alert could not be read");
  const installed = await loadOperarii(receiver, delivery.alerts);
  if (typeof installed === "string") {
    for (const alert of delivery.alerts) remember(receiver, alert);
    return { kind: "unavailable", message: installed };
  }
  const surroundings = { hook: delivery.hook, installed, firing: firingIn(receiver.context, delivery, installed) };
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
      const outcome = await handle(receiver, alert, surroundings);
      if (outcome.kind === "unavailable") problems.push(outcome.message);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  const first = problems[0];
  return first === undefined ? { kind: "recorded" } : { kind: "unavailable", message: first };
}

/** From the cache; but an alert that nobody there answers is worth a look at the API before it is let go with a 200. */
async function loadOperarii({ context, catalog }: Receiver, alerts: readonly Alert[]): Promise<Installed | string> {
  const answered = ({ operarii }: Installed) =>
    alerts.every((alert) => match(alert, operarii) ?? match({ ...alert, status: "firing" }, operarii));
  const installed = (entries: CatalogEntry[]) => ({
    operarii: usable(entries),
    reads: entries.map(({ read }) => read),
  });
  try {
    const cached = installed(await catalog.entries());
    return answered(cached) ? cached : installed(await catalog.fresh());
  } catch (error) {
    context.metrics.operariusSyncErrors.inc();
    return `the Operarii cannot be read: ${withWayOut(error)}`;
  }
}

/** The alerts that fire beside resolved ones: two exporters tell of the same trouble, and one of them is gone. */
function firingIn(context: ControlContext, { alerts }: Delivery, { operarii }: Installed): Set<string> {
  if (!alerts.some(({ status }) => status === "resolved")) return new Set();
  const identities = alerts.map((alert) => {
    const operarius = alert.status === "firing" ? match(alert, operarii) : undefined;
    const target = operarius === undefined ? undefined : targetIn(context, operarius, alert);
    return target === undefined || "reason" in target ? "" : identityOf(alert, target);
  });
  return new Set(identities);
}

/** The alert by its name and target: what changes when an exporter restarts does not tell alerts apart. */
function identityOf(alert: Alert, target: Target): string {
  return JSON.stringify([alertName(alert), targetHash(target)]);
}

async function handle(receiver: Receiver, alert: Alert, { hook, installed, firing }: Surroundings): Promise<Outcome> {
  const { context } = receiver;
  const operarius = match(alert, installed.operarii);
  let outcome: Outcome = { kind: "no-match" };
  let jobInfo: JobInfo | undefined;
  if (operarius !== undefined) {
    const target = targetIn(context, operarius, alert);
    outcome = "reason" in target ? target : await admit(context, { alert, hook, operarius, target });
    if (!("reason" in target)) jobInfo = jobOf(operarius, target, outcome);
    if (outcome.kind === "created") receiver.wake?.(outcome.remediation);
    if (outcome.kind === "skipped") await noteExecution(context, operarius.metadata.name, "Skipped: Deduplication");
  }
  if (alert.status === "resolved") {
    const cleared = await noteResolved(context, alert, { installed, firing });
    if (outcome.kind === "no-match") outcome = cleared;
  }
  if (outcome.kind === "no-match") outcome = { ...outcome, ...explainMatch(alert, installed.reads).unmatched };
  remember(receiver, alert, { ...(jobInfo === undefined ? {} : { jobInfo }), ...whyNot(outcome) });
  report(context, alert, operarius, outcome);
  return outcome;
}

/** The target, or why nothing may be done about it. */
function targetIn(
  { settings: { clusterName } }: ControlContext,
  operarius: Operarius,
  alert: Alert,
): Target | Extract<Admission, { kind: "rejected" }> {
  const found = ownTarget(alert, operarius, clusterName);
  return found.kind === "target" ? found.target : { ...found, kind: "rejected" };
}

/** What `GET /api/alerts` shows of an alert that leads to nothing. */
function whyNot(outcome: Outcome): Pick<StoredAlert, "unmatched" | "rejected"> {
  const { reason, message } = "reason" in outcome ? outcome : {};
  if (reason === undefined || message === undefined) return {};
  if (outcome.kind === "rejected") return { rejected: { reason, message } };
  if (outcome.kind !== "no-match") return {};
  return { unmatched: { reason, message, ...(outcome.nearest === undefined ? {} : { nearest: outcome.nearest }) } };
}

/**
 * A resolved alert is noted on the record that the same alert opened; before any Job, that may cancel it. A record of ours
 * that has ended watches over its target as long as the alert fires, so it is told, too.
 */
async function noteResolved(
  context: ControlContext,
  alert: Alert,
  { installed, firing }: Omit<Surroundings, "hook">,
): Promise<Outcome> {
  const operarius = match({ ...alert, status: "firing" }, installed.operarii);
  if (operarius === undefined) return { kind: "no-match" };
  const target = targetIn(context, operarius, alert);
  if ("reason" in target || firing.has(identityOf(alert, target))) return { kind: "resolved" };
  try {
    const newest = await newestOf(context, target);
    if (newest === undefined) return { kind: "resolved" };
    const { alert: opened, operarius: answering } = newest.spec;
    if (isTerminal(newest.status?.phase) && answering.ours !== true) return { kind: "resolved" };
    const called = alertName(alert);
    const isOpener = opened.labels.alertname === called;
    if (isOpener ? opened.status !== "firing" : newest.status?.otherAlerts?.[called] === undefined)
      return { kind: "resolved" };
    const { name, namespace = "" } = newest.metadata;
    const told = { alertResolvedAt: new Date(context.now()).toISOString() };
    const body = { status: isOpener ? told : { otherAlerts: { [called]: told } } };
    await context.kube.patchStatus(remediations, { namespace, name }, { type: "merge", body });
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

function remember(
  receiver: Receiver,
  alert: Alert,
  more: Pick<StoredAlert, "jobInfo" | "unmatched" | "rejected"> = {},
): void {
  const timestamp = new Date(receiver.context.now()).toISOString();
  receiver.store.add({ alert: shown(alert), status: alert.status, timestamp, ...more });
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
