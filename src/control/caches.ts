/** The watches that wake the server up, and the log lines about them. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Reflector } from "../kube/reflector.ts";
import { startReflector } from "../kube/reflector.ts";
import { daemonSets, jobs } from "../kube/resources.ts";
import type { Live, Resource } from "../kube/types.ts";
import { operariuses } from "../operarius/operarius.ts";
import { remediations } from "../operarius/remediation.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../operarius/render-job.ts";
import { errorText } from "../reporting/log.ts";
import type { CatalogEntry } from "./catalog.ts";
import { toCatalogEntry, usable } from "./catalog.ts";
import type { ControlContext } from "./context.ts";
import type { RecordSummary } from "./summary.ts";
import { toSummary } from "./summary.ts";
import { wayOut } from "./way-out.ts";

/** Who is told what has changed. */
export interface Listeners {
  record(record: RecordSummary): void;
  /** A Job of this record was changed or is gone. */
  job(remediation: string): void;
  /** Its spec or its counters are other ones than before. */
  daemonSet(target: { namespace: string; name: string }): void;
  operarius(name: string): void;
}

export interface Caches {
  operarii: Reflector<CatalogEntry>;
  records: Reflector<RecordSummary>;
  /** How many DaemonSets the cluster has; 0 as long as that is not known. */
  daemonSets(): number;
  /** Whether what deliveries and decisions rest on is there. Without the right to read DaemonSets the server works on. */
  hasSynced(): boolean;
  /** When the API server was last heard, in milliseconds since the epoch. */
  lastContact(): number | undefined;
}

/** Starts the reflectors. They end with `signal`. */
export function startCaches(
  context: Omit<ControlContext, "standing">,
  listeners: Listeners,
  signal: AbortSignal,
): Caches {
  const { kube, log, metrics, settings } = context;
  const { namespace } = settings;
  const onError = createTroubleLog(context);
  const common = <T>(resource: Resource<T>) => ({ kube, resource, signal, onError: onError(resource) });
  const operarii = startReflector({
    ...common(operariuses),
    namespace,
    project: toCatalogEntry,
    onChange: ({ type, object }) => {
      metrics.operariusItemsLoaded.set(usable(operarii.items()).length);
      if (type === "deleted" || object === undefined) return;
      listeners.operarius(object.name);
      if (object.problem === undefined) return;
      metrics.operariusSyncErrors.inc();
      log.warn({ operarius: object.name, problem: object.problem }, "an Operarius cannot work as it is written");
    },
  });
  const records = startReflector({
    ...common(remediations),
    namespace,
    project: toSummary,
    onChange: ({ type, object }) => {
      if (type !== "deleted" && object !== undefined) listeners.record(object);
    },
  });
  const startedJobs = startReflector({
    ...common(jobs),
    namespace,
    labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}`,
    project: ({ metadata: { name, resourceVersion, ownerReferences } }) => ({
      name,
      resourceVersion,
      owner: ownerReferences?.find(({ kind }) => kind === remediations.kind)?.name,
    }),
    onChange: ({ object, previous }) => {
      const owner = (object ?? previous)?.owner;
      if (owner !== undefined) listeners.job(owner);
    },
  });
  const targets = startReflector({
    ...common(daemonSets),
    project: toTarget,
    onChange: ({ object, previous }) => {
      const changed = object ?? previous;
      if (changed !== undefined && object?.signature !== previous?.signature) listeners.daemonSet(changed);
    },
  });
  const needed = [operarii, records, startedJobs];
  Promise.all(needed.map(({ synced }) => synced)).then(
    () => log.info({ operarii: usable(operarii.items()).length, namespace }, "caches are filled"),
    () => undefined, // Stopped before the first list came back; the reflectors have reported why.
  );
  return {
    operarii,
    records,
    daemonSets: () => targets.items().length,
    hasSynced: () => needed.every((reflector) => reflector.hasSynced()),
    lastContact: () => records.lastContact(),
  };
}

/** Where it is, and a text that differs when its spec or its counters do; pods and nodes show in the counters. */
function toTarget({ metadata, status }: Live<DaemonSet>) {
  const { name, namespace = "", uid, generation = 0, deletionTimestamp = "" } = metadata;
  return { name, namespace, signature: JSON.stringify([uid, generation, deletionTimestamp, status ?? {}]) };
}

/** Said once per kind of trouble; the retries behind it are for those who debug. */
function createTroubleLog({ kube, log, metrics }: Omit<ControlContext, "standing">) {
  const troubled = new Map<string, string>();
  return (resource: Resource<unknown>) =>
    (error: unknown): void => {
      if (resource.plural === operariuses.plural) metrics.operariusSyncErrors.inc();
      const fields = { resource: `${resource.plural}.${resource.group}`, server: kube.server, error: errorText(error) };
      const repeated = troubled.get(resource.plural) === wayOut(error);
      troubled.set(resource.plural, wayOut(error));
      log[repeated ? "debug" : "warn"]({ ...fields, wayOut: wayOut(error) }, "cannot list or watch; trying again");
    };
}
