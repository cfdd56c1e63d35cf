/** A real Kubernetes control plane on this machine: etcd, kube-apiserver, kube-controller-manager, kube-scheduler. */
import { join } from "node:path";
import type { Authority } from "../../sandbox/apiserver/authn/authority.ts";
import { createAuthority } from "../../sandbox/apiserver/authn/authority.ts";
import { install } from "../../sandbox/bootstrap/install.ts";
import { crds } from "../../sandbox/bootstrap/objects.ts";
import type { Kube } from "../../src/kube/types.ts";
import type { Component, Settings } from "./components.ts";
import { argumentsOf, loopback } from "./components.ts";
import { connectWith, groupsOf } from "./connect.ts";
import type { Files } from "./files.ts";
import { filesIn, writeFiles } from "./files.ts";
import { freeBytes, mebi } from "./folders.ts";
import { freePort, portTaken } from "./ports.ts";
import { ClusterProblem } from "./problem.ts";
import type { OwnProcess } from "./processes.ts";
import { end, isAlive, launch, tailOf } from "./processes.ts";
import type { Programs } from "./programs.ts";
import type { Wait } from "./readiness.ts";
import { apiAnswers, controllersRun, crdsServed } from "./readiness.ts";
import type { ClusterRecord } from "./record.ts";
import { clearDirectory, endRecorded, writeRecord } from "./record.ts";
import { hasPlainPorts } from "./release.ts";
import { until } from "./until.ts";

export interface ControlPlaneOptions {
  programs: Programs;
  /** A folder of its own: missing, empty, or that of an earlier cluster, which is removed. */
  directory: string;
  /** Of the API server: an address of this machine that the nodes can reach. Default 127.0.0.1. */
  apiAddress?: string;
  /** Of the API server. Absent: the system picks one. */
  apiPort?: number;
  /** Heartbeat silence after which a node is Unknown. Default 8,000. */
  nodeMonitorGraceMs?: number;
  log: (line: string) => void;
  /** Gives up starting; what was started is ended. */
  signal?: AbortSignal;
}

export interface ControlPlane {
  /** Of kube-apiserver, for example "v1.35.4". */
  version: string;
  url: string;
  host: string;
  port: number;
  caPem: string;
  directory: string;
  /** The administrator's. */
  kubeconfigFile: string;
  auditFile: string;
  files: Files;
  authority: Authority;
  admin: Kube;
  /** A client with a certificate of its own; `stop` closes it. */
  kube(user: string, groups?: readonly string[]): Promise<Kube>;
  /** Ends one component, as a fault. */
  stopComponent(component: Component): Promise<void>;
  /** Starts it again with the same arguments. */
  startComponent(component: Component): Promise<void>;
  /** Notes one more process that belongs to this cluster, or that the nodes are there. */
  note(change: Partial<ClusterRecord>): void;
  record(): ClusterRecord;
  /** Ends every component. The folder stays, for its logs. */
  stop(): Promise<void>;
}

/** kube-apiserver needs some 5 s on a quiet machine; compilers may be running beside it. */
const readyDeadlineMs = 90_000;
/** How often another port is tried when somebody else took the one that was free a moment ago. */
const portTries = 3;

/** Resolves when the API answers, our CRDs are served and the controllers run. Errors: `ClusterProblem`, with nothing left running. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  for (let left = portTries; ; left -= 1) {
    clearDirectory(options.directory);
    checkSpace(options.directory);
    const parts = await prepareParts(options);
    try {
      return await startParts(options, parts);
    } catch (error) {
      const lostPort = /address already in use/.test(tailOf(parts.logOf("kube-apiserver"), 50));
      // What could not be noted, for want of disk, is ended as well.
      await end([...parts.running.values()]);
      await endRecorded(options.directory);
      if (!lostPort) throw error;
      if (options.apiPort !== undefined) throw portTaken(options.apiPort);
      if (left <= 1) throw error;
    }
  }
}

/** Measured: 64 MiB for etcd's first log file, 100 MiB for an audit log, and the components' own logs. */
const neededBytes = 256 * 1024 ** 2;

function checkSpace(directory: string): void {
  const free = freeBytes(directory);
  if (free >= neededBytes) return;
  throw new ClusterProblem(
    `a cluster needs ${neededBytes / mebi} MiB and ${directory} has ${Math.round(free / mebi)} MiB left. ` +
      "Free some space, or choose another folder with --directory.",
  );
}

interface Parts {
  files: Files;
  authority: Authority;
  settings: Settings;
  url: string;
  running: Map<Component, OwnProcess>;
  logOf: (component: Component) => string;
  signal: AbortSignal | undefined;
}

async function prepareParts(options: ControlPlaneOptions): Promise<Parts> {
  const { directory, apiAddress: address = loopback, apiPort, nodeMonitorGraceMs = 8_000, signal } = options;
  const isOld = hasPlainPorts(options.programs.version);
  const files = filesIn(directory, { isOld });
  const authority = await createAuthority();
  const port = await freePort(apiPort, address);
  const url = `https://${address}:${port}`;
  await writeFiles(files, authority, url);
  const logOf = (component: Component): string => join(files.logs, `${component}.log`);
  const settings = { address, port, nodeMonitorGraceMs, isOld };
  return { files, authority, settings, url, running: new Map(), logOf, signal };
}

async function startParts(options: ControlPlaneOptions, parts: Parts): Promise<ControlPlane> {
  const { directory } = options;
  const { files, authority, settings, url, running } = parts;
  const { version } = options.programs;
  const { caPem } = authority;
  const kept = keepRecord(options, parts);
  const clients = createClients(parts);
  const start = async (...names: Component[]): Promise<void> => {
    for (const component of names) {
      options.signal?.throwIfAborted();
      await kept.startComponent(component);
    }
  };
  try {
    options.log(`starting Kubernetes ${version} (${options.programs.origin})`);
    await start("etcd", "kube-apiserver");
    const admin = await clients.connect("kubernetes-admin", ["system:masters"]);
    const wait: Wait = (what, look) => waitFor(parts, what, look);
    await apiAnswers(admin, wait);
    // Not earlier: what is refused while the API server makes the built-in roles is only tried again after a while.
    await start("kube-controller-manager", "kube-scheduler");
    await install(admin, crds());
    await crdsServed(admin, wait);
    await controllersRun(admin, wait);
    return {
      version,
      url,
      host: settings.address,
      port: settings.port,
      caPem,
      directory,
      kubeconfigFile: files.kubeconfigs.admin,
      auditFile: files.auditLog,
      files,
      authority,
      admin,
      kube: (user, groups) => clients.connect(user, groups),
      note: kept.note,
      record: () => kept.record,
      startComponent: (component) => kept.startComponent(component),
      async stopComponent(component) {
        const process = running.get(component);
        if (process !== undefined) await end([process]);
      },
      async stop() {
        clients.close();
        await end([...running.values()]);
        kept.note({ isReady: false, processes: kept.record.processes.filter(isAlive) });
      },
    };
  } catch (error) {
    clients.close();
    throw error;
  }
}

function keepRecord({ programs, directory }: ControlPlaneOptions, { files, settings, url, running, logOf }: Parts) {
  const record: ClusterRecord = {
    version: programs.version,
    origin: programs.origin,
    url,
    kubeconfig: files.kubeconfigs.admin,
    auditLog: files.auditLog,
    nodes: [],
    isReady: false,
    processes: [],
  };
  const note = (change: Partial<ClusterRecord>): void => writeRecord(directory, Object.assign(record, change));
  note({});
  return {
    record,
    note,
    async startComponent(component: Component): Promise<void> {
      const file = programs.paths[component];
      const args = argumentsOf(component, files, settings);
      // Nothing of the caller's surroundings: a proxy or a KUBECONFIG of theirs is not meant for these.
      const process = await launch({ name: component, file, args, env: {}, logFile: logOf(component), cwd: directory });
      running.set(component, process);
      note({ processes: [...record.processes.filter(({ name }) => name !== component), process] });
    },
  };
}

function createClients({ url, authority }: Parts) {
  const { caPem } = authority;
  const clients: Kube[] = [];
  return {
    async connect(user: string, groups: readonly string[] = groupsOf(user)): Promise<Kube> {
      const client = connectWith({ url, caPem, user, issued: await authority.client(user, groups) });
      clients.push(client);
      return client;
    },
    close(): void {
      for (const client of clients) client.close();
    },
  };
}

/** A component that has ended will not get ready: that is said at once, with its own last words. */
function waitFor(parts: Parts, what: string, look: () => Promise<true | undefined>): Promise<true> {
  const { running, logOf, files, signal } = parts;
  return until(
    () => {
      signal?.throwIfAborted();
      for (const [component, process] of running) {
        if (isAlive(process)) continue;
        throw new ClusterProblem(
          `${component} ended by itself. The end of ${logOf(component)}:\n${tailOf(logOf(component), 8)}`,
        );
      }
      return look();
    },
    { what, deadlineMs: readyDeadlineMs, hint: () => `The logs are in ${files.logs}.` },
  );
}
