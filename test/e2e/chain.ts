/** The whole chain but the receiver: a control plane with nodes, our operarius with its rights, and the monitoring. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "../../scripts/cluster/control-plane.ts";
import { startControlPlane } from "../../scripts/cluster/control-plane.ts";
import { startNodes, untilNodesReady } from "../../scripts/cluster/nodes.ts";
import type { OwnProcess } from "../../scripts/cluster/processes.ts";
import { isAlive } from "../../scripts/cluster/processes.ts";
import type { Programs } from "../../scripts/cluster/programs.ts";
import { endRecorded } from "../../scripts/cluster/record.ts";
import type { Kube } from "../../src/kube/types.ts";
import { accountFiles } from "../support/account.ts";
import type { AccountFiles } from "../support/cluster.ts";
import type { GoProgram } from "../support/tools/go-program.ts";
import { run } from "../support/tools/run.ts";
import type { Monitoring } from "./monitoring/start.ts";
import { startMonitoring } from "./monitoring/start.ts";
import type { Servers, Tool } from "./tools/servers.ts";

export interface ChainOptions {
  /** The checkout. */
  root: string;
  /** Where the cluster keeps everything; what an earlier run has left there is ended and removed. */
  directory: string;
  /** Existing folder inside the checkout, for the program. */
  scratch: string;
  programs: Programs;
  servers: Servers;
  exporter: GoProgram;
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface Chain {
  nodes: readonly string[];
  admin: Kube;
  version: string;
  auditFile: string;
  /** The bundled program. */
  programEntry: string;
  monitoring: Monitoring;
  /** Identity of the server, from deploy/kustomize. */
  serverAccount: AccountFiles;
  /** Existing folder for logs. */
  directory: string;
  signal: AbortSignal;
  /** Real kubectl with every right. Resolves with stdout. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Ends kube-apiserver, and starts it again as it was. */
  api: { stop(): Promise<void>; start(): Promise<void> };
  /** Remembers a process, so that it is ended with the rest, even by the next run if this one is killed. */
  note(started: OwnProcess): void;
  /** Rejects when something that must run has ended by itself. */
  check(): void;
  /** Of Prometheus and Alertmanager, in words. */
  versions(): Promise<string>;
  stop(): Promise<void>;
}

/** Folder of the shipped operarius, in the checkout. */
export const operariusFolder = "deploy/operarii/kube-prometheus-stack/KubeDaemonSetRolloutStuck";

const nodes = ["n1", "n2", "n3", "n4"];

/** Processes without which nothing can go on; stories end kube-apiserver and the server themselves. */
const vital = new Set([
  "etcd",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-state-metrics",
  "alertmanager",
  "prometheus",
]);

/** Longer than an outage of the API server in a story: its nodes must not be taken for dead. */
const nodeMonitorGraceMs = 60_000;

/** Errors: with nothing left running. */
export async function startChain(options: ChainOptions): Promise<Chain> {
  const { root, directory, scratch, programs, log, signal } = options;
  const entry = join(scratch, "program", "operarius.js");
  const { status } = spawnSync(process.execPath, [join(root, "scripts", "build.mjs"), join(scratch, "program")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("the program itself could not be built; the reason is above");
  const plane = await startControlPlane({ programs, directory, nodeMonitorGraceMs, log, signal });
  let ended = async (): Promise<void> => undefined;
  const stop = async (): Promise<void> => {
    await ended();
    plane.admin.close();
    // Everything that was noted, and the control plane last.
    await endRecorded(directory);
  };
  try {
    const playing = await playNodes(plane, { directory, programEntry: entry });
    ended = () => playing.stop();
    const kubectl = kubectlOf(programs.paths.kubectl, plane, signal);
    await install(kubectl, root);
    const account = (namespace: string, name: string): Promise<AccountFiles> =>
      accountFiles({
        kube: plane.admin,
        namespace,
        name,
        url: plane.url,
        caPem: plane.caPem,
        directory: join(directory, "accounts", name),
      });
    const started: OwnProcess[] = [];
    const note = (each: OwnProcess): void => {
      started.push(each);
      plane.note({ processes: [each, ...plane.record().processes] });
    };
    const { kubeconfig } = await account("monitoring", "kube-state-metrics");
    const monitoring = await startMonitoring({ ...options, kubeconfig, note });
    return {
      nodes,
      admin: plane.admin,
      version: plane.version,
      auditFile: plane.auditFile,
      programEntry: entry,
      monitoring,
      serverAccount: await account("openfero", "operarius"),
      directory,
      signal,
      kubectl,
      api: {
        stop: () => plane.stopComponent("kube-apiserver"),
        start: () => plane.startComponent("kube-apiserver"),
      },
      note,
      check() {
        signal.throwIfAborted();
        const gone = plane.record().processes.find(({ name, ...each }) => vital.has(name) && !isAlive(each));
        if (gone !== undefined) throw new Error(`${gone.name} ended by itself; see ${gone.logFile}`);
      },
      versions: async () => {
        const { prometheus, alertmanager } = options.servers;
        const of = async ({ file, before }: Tool): Promise<string> =>
          /version \S+/.exec(await run(file, [...before, "--version"]))?.[0] ?? "of an unknown version";
        return `Prometheus ${await of(prometheus)}, Alertmanager ${await of(alertmanager)}`;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function playNodes(
  plane: ControlPlane,
  { directory, programEntry }: { directory: string; programEntry: string },
) {
  const clients = new Map<string, Kube>();
  for (const name of nodes) clients.set(name, await plane.kube(`system:node:${name}`));
  const { host, port, caPem } = plane;
  const log = (): void => undefined;
  const playing = await startNodes({
    names: nodes,
    clients,
    apiServer: { host, port, caPem },
    directory,
    programEntry,
    log,
  });
  plane.note({ nodes });
  await untilNodesReady(plane.admin, nodes).catch(async (error: unknown) => {
    await playing.stop();
    throw error;
  });
  return {
    async stop() {
      await playing.stop();
      for (const client of clients.values()) client.close();
    },
  };
}

function kubectlOf(file: string, plane: ControlPlane, signal: AbortSignal): Chain["kubectl"] {
  const home = join(plane.directory, "home");
  mkdirSync(home, { recursive: true });
  const env = { HOME: home, KUBECONFIG: plane.kubeconfigFile };
  return (args, input) => run(file, args, { env, signal, ...(input === undefined ? {} : { input }) });
}

/** As a user would install it, but for the server's Deployment and Service: the server is a process of this machine. */
async function install(kubectl: Chain["kubectl"], root: string): Promise<void> {
  const files = [
    "deploy/kustomize/namespace.yaml",
    "deploy/kustomize/rbac.yaml",
    `${operariusFolder}/rbac.yaml`,
    `${operariusFolder}/operarius.yaml`,
    "test/e2e/kube-state-metrics/rbac.yaml",
  ];
  for (const file of files) await kubectl(["apply", "-f", join(root, file)]);
  // Two episodes of one target follow each other within a minute here; the shipped window is ten minutes.
  const patch = JSON.stringify({ spec: { deduplication: { ttl: 0 } } });
  await kubectl(["patch", "operarius", "daemonset-rollout-fix", "-n", "openfero", "--type=merge", "-p", patch]);
}
