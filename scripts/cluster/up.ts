/** `npm run cluster -- up`: a control plane with nodes that stays when the command ends. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { connectFrom } from "./connect.ts";
import type { ControlPlane } from "./control-plane.ts";
import { startControlPlane } from "./control-plane.ts";
import { kubeconfigOf, nodeKubeconfig, write } from "./files.ts";
import { untilNodesReady } from "./nodes.ts";
import { ClusterProblem } from "./problem.ts";
import { isAlive, launch, tailOf } from "./processes.ts";
import type { FindOptions } from "./programs.ts";
import { findPrograms } from "./programs.ts";
import type { ClusterRecord } from "./record.ts";
import { endRecorded, locked, nameAndPid, nodesName, readRecord } from "./record.ts";

export interface UpOptions extends FindOptions {
  directory: string;
  nodes: readonly string[];
  apiPort?: number;
  /** The checkout: its program runs in the pods of our own image. */
  root: string;
  /** What runs the command `nodes` of this program. */
  entry: string;
}

/** Returns the record of the running cluster. Errors: `ClusterProblem`, with nothing left running. */
export async function up(options: UpOptions): Promise<ClusterRecord> {
  const { directory, log } = options;
  return locked(directory, async () => {
    const before = readRecord(directory);
    if (before !== undefined && (await isServing(before))) {
      log(`a cluster runs in ${directory} already; it is left as it is`);
      return before;
    }
    const ended = await endRecorded(directory);
    if (ended.length > 0) log(`ended what an earlier run has left: ${ended.map(nameAndPid).join(", ")}`);
    const programs = await findPrograms(options);
    const controlPlane = await startControlPlane({ ...options, programs });
    try {
      await addNodes(controlPlane, options);
      controlPlane.admin.close();
      return controlPlane.record();
    } catch (error) {
      await endRecorded(directory);
      throw error;
    }
  });
}

/** Whether every process of the record lives and the API answers. */
export async function isServing({ isReady, processes, kubeconfig }: ClusterRecord): Promise<boolean> {
  if (!isReady || !processes.every(isAlive)) return false;
  const kube = await connectFrom(kubeconfig, "kubernetes-admin");
  try {
    return (await kube.raw("/readyz", { timeoutMs: 5_000 }).catch(() => undefined)) === "ok";
  } finally {
    kube.close();
  }
}

async function addNodes(controlPlane: ControlPlane, options: UpOptions): Promise<void> {
  const { directory, nodes, root, entry, env, log, signal } = options;
  buildProgram(root);
  for (const node of nodes) {
    const user = `system:node:${node}`;
    const issued = await controlPlane.authority.client(user, ["system:nodes"]);
    const { url, caPem } = controlPlane;
    write(nodeKubeconfig(directory, node), kubeconfigOf({ url, caPem, user, issued }));
  }
  const logFile = join(controlPlane.files.logs, "nodes.log");
  controlPlane.note({ nodes: [...nodes] });
  signal?.throwIfAborted();
  const process_ = await launch({
    name: nodesName,
    file: process.execPath,
    args: [entry, "nodes", "--directory", directory],
    env: { PATH: env.PATH ?? "", ...(env.TMPDIR === undefined ? {} : { TMPDIR: env.TMPDIR }) },
    logFile,
  });
  controlPlane.note({ processes: [...controlPlane.record().processes, process_] });
  log(`starting nodes ${nodes.join(", ")}`);
  await untilNodesReady(controlPlane.admin, nodes, {
    look: () => {
      signal?.throwIfAborted();
      if (!isAlive(process_)) throw new ClusterProblem(`the nodes ended by themselves:\n${tailOf(logFile, 8)}`);
    },
    hint: () => `The end of ${logFile}:\n${tailOf(logFile, 8)}`,
  });
  controlPlane.note({ isReady: true });
}

/** bin/operarius builds what is missing or older than the sources. */
function buildProgram(root: string): void {
  const { status } = spawnSync(join(root, "bin", "operarius"), ["--version"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new ClusterProblem("the program itself could not be built; the reason is above.");
}
