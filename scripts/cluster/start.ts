/** A whole cluster for a test: the control plane, and nodes inside the process of the test. */
import type { KubeletTuning } from "../../sandbox/kubelet/index.ts";
import type { Kube } from "../../src/kube/types.ts";
import type { ControlPlane, ControlPlaneOptions } from "./control-plane.ts";
import { startControlPlane } from "./control-plane.ts";
import { startNodes, untilNodesReady } from "./nodes.ts";
import { endRecorded, locked } from "./record.ts";

export interface ClusterOptions extends ControlPlaneOptions {
  /** Names of the nodes. */
  nodes: readonly string[];
  /** Path of the built program that pods of our own image run. */
  programEntry: string;
  tuning?: Partial<KubeletTuning>;
}

/**
 * Resolves when all nodes are Ready. What a killed run has left in the same folder is ended first. `stop` ends
 * everything; the folder stays, for its logs. Errors: `ClusterProblem`, with nothing left running.
 */
export async function startCluster(options: ClusterOptions): Promise<ControlPlane> {
  const { directory, nodes: names, programEntry, tuning, log } = options;
  const controlPlane = await locked(directory, async () => {
    await endRecorded(directory);
    return startControlPlane(options);
  });
  try {
    const clients = new Map<string, Kube>();
    for (const name of names) clients.set(name, await controlPlane.kube(`system:node:${name}`));
    const { host, port, caPem } = controlPlane;
    const nodes = await startNodes({
      names,
      clients,
      apiServer: { host, port, caPem },
      directory,
      programEntry,
      ...(tuning === undefined ? {} : { tuning }),
      log,
    });
    const stop = async (): Promise<void> => {
      await nodes.stop();
      await controlPlane.stop();
    };
    await untilNodesReady(controlPlane.admin, names).catch(async (error: unknown) => {
      await nodes.stop();
      throw error;
    });
    controlPlane.note({ nodes: [...names], isReady: true });
    return { ...controlPlane, stop };
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}
