/** Fake kubelets as the nodes of a real control plane: the same that the sandbox has, each with its own certificate. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Node } from "kubernetes-types/core/v1";
import type { KubeletTuning } from "../../sandbox/kubelet/index.ts";
import { defaultKubeletTuning, startKubelets } from "../../sandbox/kubelet/index.ts";
import { nodes as nodeResource } from "../../src/kube/resources.ts";
import type { Kube, Live } from "../../src/kube/types.ts";
import { until } from "./until.ts";

export interface NodesOptions {
  names: readonly string[];
  /** One client per node, acting as system:node:<name>. */
  clients: ReadonlyMap<string, Kube>;
  apiServer: { host: string; port: number; caPem: string };
  /** Existing folder. */
  directory: string;
  /** Path of the built program that pods of our own image run. */
  programEntry: string;
  tuning?: Partial<KubeletTuning>;
  log: (line: string) => void;
}

/** Starts them; `untilNodesReady` tells when they can be used. */
export async function startNodes(options: NodesOptions): Promise<{ stop(): Promise<void> }> {
  const { names, clients, apiServer, programEntry, tuning, log } = options;
  const directory = join(options.directory, "pods");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return startKubelets({
    connect: (user) => {
      const client = clients.get(user.replace("system:node:", ""));
      if (client === undefined) throw new Error(`no client for ${user}`);
      return client;
    },
    nodes: [...names],
    apiServer,
    programEntry,
    directory,
    tuning: { ...defaultKubeletTuning, ...tuning },
    log,
  });
}

const readyDeadlineMs = 60_000;

/** What is done while waiting: a look of the caller, which may throw, and what to say when it was in vain. */
export interface Watching {
  look?: () => void;
  hint?: () => string;
}

/** Resolves when all are Ready and the node controller has lifted the taint of new nodes. */
export async function untilNodesReady(admin: Kube, names: readonly string[], watching: Watching = {}): Promise<void> {
  const { look, hint } = watching;
  await until(
    async () => {
      look?.();
      const { items } = await admin.list(nodeResource);
      const usable = items.filter((node) => names.includes(node.metadata.name) && isUsable(node));
      return usable.length === names.length ? true : undefined;
    },
    {
      what: `nodes ${names.join(", ")} are Ready`,
      deadlineMs: readyDeadlineMs,
      ...(hint === undefined ? {} : { hint }),
    },
  );
}

function isUsable({ spec, status }: Live<Node>): boolean {
  const isReady = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") === true;
  return isReady && !spec?.taints?.some(({ key }) => key === "node.kubernetes.io/not-ready");
}
