/** The sandbox's control loops. API clients only: they run against any Kubernetes API server that trusts their users. */
import * as kinds from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import { budgets, quotas } from "../kinds.ts";
import { startInformer } from "../machinery/informer.ts";
import { startDisruptionController, startQuotaController } from "./budget/controller.ts";
import { startGarbageCollector } from "./collection/garbage-collector.ts";
import { startNamespaceController } from "./collection/namespaces.ts";
import { startPodGc } from "./collection/pod-gc.ts";
import { rootCertificateName, startRootCertificates } from "./collection/root-certificates.ts";
import { startServiceAccountController } from "./collection/service-accounts.ts";
import type { ControllerContext, Informers, Running } from "./context.ts";
import { startDaemonSetController } from "./daemonset/controller.ts";
import { startJobController } from "./job/controller.ts";
import { startNodeLifecycle } from "./node-lifecycle/controller.ts";
import { startScheduler } from "./scheduler/controller.ts";
import type { ControllerTuning } from "./tuning.ts";
import { controllerUsers } from "./users.ts";

export { type ControllerTuning, defaultControllerTuning } from "./tuning.ts";

export interface ControllersOptions {
  /** A client that acts as this user. */
  connect: (user: string) => Kube;
  tuning: ControllerTuning;
  /** The API server's root certificate, which pods are given. */
  caPem: string;
  log: (line: string) => void;
}

const starters = {
  daemonSets: startDaemonSetController,
  jobs: startJobController,
  scheduler: startScheduler,
  garbageCollector: startGarbageCollector,
  podGc: startPodGc,
  namespaces: startNamespaceController,
  serviceAccounts: startServiceAccountController,
  rootCertificates: startRootCertificates,
  nodes: startNodeLifecycle,
  disruption: startDisruptionController,
  quotas: startQuotaController,
} satisfies Partial<Record<keyof typeof controllerUsers, (context: ControllerContext) => Running>>;

/** Starts all of them once what they watch has been listed. `stop` ends every loop, watch and connection. */
export async function startControllers({
  connect,
  tuning,
  caPem,
  log,
}: ControllersOptions): Promise<{ stop(): Promise<void> }> {
  const watcher = connect(controllerUsers.informers);
  const informers = startInformers(watcher, log);
  const all = Object.values(informers);
  await Promise.all(all.map((informer) => informer.synced));
  const started = Object.entries(starters).map(([name, start]) => {
    const kube = connect(controllerUsers[name as keyof typeof starters]);
    return { kube, running: start({ kube, informers, tuning, caPem, now: Date.now, log }) };
  });
  return {
    async stop() {
      await Promise.all(started.map(({ running }) => running.stop()));
      for (const informer of all) informer.stop();
      for (const { kube } of started) kube.close();
      watcher.close();
    },
  };
}

function startInformers(kube: Kube, log: (line: string) => void): Informers {
  return {
    pods: startInformer({ kube, log, resource: kinds.pods }),
    nodes: startInformer({ kube, log, resource: kinds.nodes }),
    daemonSets: startInformer({ kube, log, resource: kinds.daemonSets }),
    controllerRevisions: startInformer({ kube, log, resource: kinds.controllerRevisions }),
    jobs: startInformer({ kube, log, resource: kinds.jobs }),
    leases: startInformer({ kube, log, resource: kinds.leases }),
    namespaces: startInformer({ kube, log, resource: kinds.namespaces }),
    serviceAccounts: startInformer({ kube, log, resource: kinds.serviceAccounts }),
    budgets: startInformer({ kube, log, resource: budgets }),
    quotas: startInformer({ kube, log, resource: quotas }),
    rootCertificates: startInformer({
      kube,
      log,
      resource: kinds.configMaps,
      fieldSelector: `metadata.name=${rootCertificateName}`,
    }),
  };
}
