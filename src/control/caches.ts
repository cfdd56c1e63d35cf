/** The watches that wake the server up, and the log lines about them. */
import type { Reflector } from "../kube/reflector.ts";
import { startReflector } from "../kube/reflector.ts";
import { jobs } from "../kube/resources.ts";
import type { Resource } from "../kube/types.ts";
import { operariuses } from "../operarius/operarius.ts";
import { isTerminal, remediations } from "../operarius/remediation.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../operarius/render-job.ts";
import { errorText } from "../reporting/log.ts";
import type { CatalogEntry } from "./catalog.ts";
import { toCatalogEntry, usable } from "./catalog.ts";
import type { ControlContext } from "./context.ts";
import { wayOut } from "./way-out.ts";

export interface Caches {
  operarii: Reflector<CatalogEntry>;
  hasSynced(): boolean;
}

/** Starts the reflectors; `wake` is called with the name of every Remediation that may have something to do. */
export function startCaches(context: ControlContext, wake: (remediation: string) => void, signal: AbortSignal): Caches {
  const { kube, log, metrics, settings } = context;
  const troubled = new Map<string, string>();
  const common = <T>(resource: Resource<T>) => ({
    kube,
    resource,
    namespace: settings.namespace,
    signal,
    onError: (error: unknown) => {
      if (resource.plural === operariuses.plural) metrics.operariusSyncErrors.inc();
      const fields = { resource: `${resource.plural}.${resource.group}`, server: kube.server, error: errorText(error) };
      // Said once per kind of trouble; the retries behind it are for those who debug.
      const repeated = troubled.get(resource.plural) === wayOut(error);
      troubled.set(resource.plural, wayOut(error));
      log[repeated ? "debug" : "warn"]({ ...fields, wayOut: wayOut(error) }, "cannot list or watch; trying again");
    },
  });
  const operarii = startReflector({
    ...common(operariuses),
    project: toCatalogEntry,
    onChange: ({ type, object }) => {
      metrics.operariusItemsLoaded.set(usable(operarii.items()).length);
      if (type === "deleted" || object?.problem === undefined) return;
      metrics.operariusSyncErrors.inc();
      log.warn({ operarius: object.name, problem: object.problem }, "an Operarius cannot work as it is written");
    },
  });
  const records = startReflector({
    ...common(remediations),
    project: ({ metadata, status }) => ({ ...identity(metadata), ended: isTerminal(status?.phase) }),
    onChange: ({ type, object }) => {
      if (type !== "deleted" && object?.ended === false) wake(object.name);
    },
  });
  const startedJobs = startReflector({
    ...common(jobs),
    labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}`,
    project: ({ metadata }) => ({
      ...identity(metadata),
      owner: metadata.ownerReferences?.find(({ kind }) => kind === remediations.kind)?.name,
    }),
    onChange: ({ object, previous }) => {
      const owner = (object ?? previous)?.owner;
      if (owner !== undefined) wake(owner);
    },
  });
  const all = [operarii, records, startedJobs];
  Promise.all(all.map(({ synced }) => synced)).then(
    () => log.info({ operarii: usable(operarii.items()).length, namespace: settings.namespace }, "caches are filled"),
    () => undefined, // Stopped before the first list came back; the reflectors have reported why.
  );
  return { operarii, hasSynced: () => all.every((reflector) => reflector.hasSynced()) };
}

function identity({ name, resourceVersion }: { name: string; resourceVersion: string }) {
  return { name, resourceVersion };
}
