/** The sandbox's nodes: one fake kubelet per node, each under its own user, and one endpoint for all container logs. */
import type { Kube } from "../../src/kube/types.ts";
import type { Host } from "./held-pod.ts";
import { startLogServer } from "./log-server.ts";
import type { NodeAgent } from "./node-agent.ts";
import { startNodeAgent } from "./node-agent.ts";
import type { Guest } from "./node-object.ts";
import type { KubeletTuning } from "./tuning.ts";

export type { Guest } from "./node-object.ts";
export { defaultKubeletTuning, type KubeletTuning } from "./tuning.ts";

export interface KubeletsOptions {
  /** A client that acts as this user. */
  connect: (user: string) => Kube;
  /** Names of the nodes to be. */
  nodes: string[];
  /** What pods are told of the API server. */
  apiServer: { host: string; port: number; caPem: string };
  /** Path of the built program that containers of our own image run. */
  programEntry: string;
  /** Existing directory for pods' files; what is written there is removed with the pods. */
  directory: string;
  tuning: KubeletTuning;
  /** Set where the cluster is somebody else's. */
  guest?: Guest;
  /** Namespaces whose pods are run; pods of others stay as they are, never written. Default: all. */
  runs?: (namespace: string) => boolean;
  log: (line: string) => void;
}

/** Registers the nodes and runs what is bound to them. `stop` kills every process that pods started. */
export async function startKubelets(options: KubeletsOptions): Promise<{ stop(): Promise<void> }> {
  const { connect, nodes, apiServer, programEntry, directory, tuning, guest, runs, log } = options;
  const agents: NodeAgent[] = [];
  const server = await startLogServer((namespace, name) => {
    for (const agent of agents) {
      const pod = agent.find(namespace, name);
      if (pod !== undefined) return pod;
    }
    return undefined;
  });
  const host: Host = { apiServer, programEntry, directory, now: Date.now };
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  for (const [index, name] of nodes.entries()) {
    agents.push(
      startNodeAgent({
        kube: connect(`system:node:${name}`),
        facts: { name, port: server.port, architecture, ...(guest === undefined ? {} : { guest }) },
        host,
        nextIp: addresses(index),
        tuning,
        ...(runs === undefined ? {} : { runs }),
        log,
      }),
    );
  }
  return {
    async stop() {
      await Promise.all(agents.map((agent) => agent.stop()));
      await server.stop();
    },
  };
}

/** Pod addresses of one node; they repeat after 65,000 pods. */
function addresses(nodeIndex: number): () => string {
  let given = 0;
  return () => {
    given = (given % 65_000) + 1;
    const block = 64 + (nodeIndex % 128);
    return `10.${block}.${given >> 8}.${given & 255}`;
  };
}
