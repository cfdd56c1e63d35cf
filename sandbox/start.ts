/** The whole sandbox in one process: API server, controllers, fake kubelets, and what a new cluster contains. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nodes as nodeResource } from "../src/kube/resources.ts";
import type { Kube } from "../src/kube/types.ts";
import type { ApiServer } from "./apiserver/server.ts";
import { startApiServer } from "./apiserver/server.ts";
import { connectAs } from "./bootstrap/connect.ts";
import { exampleManifests } from "./bootstrap/example.ts";
import { install } from "./bootstrap/install.ts";
import { baseObjects, crds } from "./bootstrap/objects.ts";
import type { ControllerTuning } from "./controllers/index.ts";
import { defaultControllerTuning, startControllers } from "./controllers/index.ts";
import type { KubeletTuning } from "./kubelet/index.ts";
import { defaultKubeletTuning, startKubelets } from "./kubelet/index.ts";

export interface SandboxOptions {
  /** How many nodes, named n1, n2, ..., or their names. Default 4. */
  nodes?: number | readonly string[];
  /** Absent or 0: a free one. */
  apiPort?: number;
  /** Where the administrator's kubeconfig goes; it stays there after `stop`. Default: inside `directory`. */
  kubeconfigFile?: string;
  /** For the audit log and the files of pods. Default: a fresh one under the system's temporary directory, removed by `stop`. */
  directory?: string;
  /** Also install the example: DaemonSet kube-system/agent and the operarius that watches over it. */
  example?: boolean;
  /** The bundled program, run for containers whose image is this project's. */
  programEntry: string;
  tuning?: Partial<ControllerTuning & KubeletTuning>;
  log?: (line: string) => void;
}

export interface Sandbox {
  url: string;
  kubeconfigFile: string;
  auditFile: string;
  directory: string;
  apiServer: ApiServer;
  /** A client; without arguments the administrator's. `stop` closes it. */
  kube(user?: string, groups?: readonly string[]): Kube;
  /** Ends every loop, process and connection, and removes what was written. */
  stop(): Promise<void>;
}

/** How long nodes may take to become Ready. */
const readyDeadlineMs = 60_000;

function nodeNames(nodes: SandboxOptions["nodes"] = 4): string[] {
  return typeof nodes === "number" ? Array.from({ length: nodes }, (_, index) => `n${index + 1}`) : [...nodes];
}

async function untilReady(kube: Kube, names: readonly string[]): Promise<void> {
  const deadline = Date.now() + readyDeadlineMs;
  for (;;) {
    const { items } = await kube.list(nodeResource);
    const ready = items.filter((node) =>
      node.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
    );
    // The taint of a new node is lifted by the node controller; before that nothing is scheduled.
    const usable = ready.filter(
      (node) => !node.spec?.taints?.some((taint) => taint.key === "node.kubernetes.io/not-ready"),
    );
    if (usable.length >= names.length) return;
    if (Date.now() > deadline)
      throw new Error(`only ${usable.length} of ${names.length} nodes became Ready within ${readyDeadlineMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What has been started, ended in reverse order; every part is tried, and the first error is thrown at the end. */
function createEnding(): { add(stop: () => unknown): void; run(): Promise<void> } {
  const stops: (() => unknown)[] = [];
  return {
    add: (stop) => void stops.unshift(stop),
    async run() {
      const errors: unknown[] = [];
      for (const stop of stops.splice(0))
        await Promise.resolve()
          .then(stop)
          .catch((error: unknown) => errors.push(error));
      if (errors.length > 0) throw errors[0];
    },
  };
}

function writeKubeconfig(file: string, text: string): void {
  // Not recursive: on file systems that refuse new folders (/proc) Node's recursive mkdir never comes back.
  if (!existsSync(dirname(file))) mkdirSync(dirname(file));
  writeFileSync(file, text, { mode: 0o600 });
}

async function startParts(
  options: SandboxOptions,
  directory: string,
  ending: ReturnType<typeof createEnding>,
): Promise<Sandbox> {
  const { apiPort = 0, kubeconfigFile = join(directory, "kubeconfig"), programEntry, log = () => undefined } = options;
  const apiServer = await startApiServer({
    port: apiPort,
    directory,
    log: (message, fields) => log(`${message} ${JSON.stringify(fields ?? {})}`),
  });
  ending.add(() => apiServer.stop());
  writeKubeconfig(kubeconfigFile, await apiServer.kubeconfig("admin", ["system:masters"]));
  const clients: Kube[] = [];
  ending.add(() => {
    for (const client of clients) client.close();
  });
  const connect = (user: string, groups?: readonly string[]) => {
    const client = connectAs(apiServer, user, groups);
    clients.push(client);
    return client;
  };
  const admin = connect("admin", ["system:masters"]);
  await install(admin, [...baseObjects(), ...crds()]);
  const controllers = await startControllers({
    connect,
    tuning: { ...defaultControllerTuning, ...options.tuning },
    caPem: apiServer.caPem,
    log,
  });
  ending.add(() => controllers.stop());
  const names = nodeNames(options.nodes);
  const { host, port, caPem, url, auditFile } = apiServer;
  const kubelets = await startKubelets({
    connect,
    nodes: names,
    apiServer: { host, port, caPem },
    programEntry,
    directory: join(directory, "pods"),
    tuning: { ...defaultKubeletTuning, ...options.tuning },
    log,
  });
  ending.add(() => kubelets.stop());
  await untilReady(admin, names);
  if (options.example === true) await install(admin, exampleManifests());
  const kube = (user?: string, groups?: readonly string[]) => (user === undefined ? admin : connect(user, groups));
  return { url, kubeconfigFile, auditFile, directory, apiServer, kube, stop: () => ending.run() };
}

/** Resolves when all nodes are Ready. Rejects, with nothing left behind, when a part cannot start. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "operarius-sandbox-"));
  const ending = createEnding();
  if (options.directory === undefined) ending.add(() => rmSync(directory, { recursive: true, force: true }));
  try {
    return await startParts(options, directory, ending);
  } catch (error) {
    // The first error is the one to report, not what goes wrong while cleaning up after it.
    await ending.run().catch(() => undefined);
    throw error;
  }
}
