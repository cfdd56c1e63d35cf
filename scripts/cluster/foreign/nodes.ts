/** Simulated nodes on a user's cluster: the fake kubelet, with the user's credentials, acting as the node by impersonation. */
import { mkdirSync } from "node:fs";
import type { KubeletTuning } from "../../../sandbox/kubelet/index.ts";
import { defaultKubeletTuning, startKubelets } from "../../../sandbox/kubelet/index.ts";
import { createKube } from "../../../src/kube/client.ts";
import type { Credentials } from "../../../src/kube/credentials.ts";
import type { Kube } from "../../../src/kube/types.ts";
import { untilNodesReady } from "../nodes.ts";
import { isUnder, marksOf, taintOf } from "./names.ts";
import type { Target } from "./target.ts";

export interface ForeignNodesOptions {
  target: Target;
  namespace: string;
  names: readonly string[];
  /** Existing folder. */
  directory: string;
  /** For pods of our own image. */
  programEntry: string;
  tuning?: Partial<KubeletTuning>;
  log: (line: string) => void;
}

/** Resolves when all are Ready; they are tainted, so that no pod of others comes. `stop` ends the kubelets; the Node objects stay. */
export async function startForeignNodes(options: ForeignNodesOptions): Promise<{ stop(): Promise<void> }> {
  const { target, namespace, names, directory, programEntry, tuning, log } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { hostname, port, protocol } = new URL(target.server);
  const { tls } = await target.credentials.authenticate();
  const nodes = await startKubelets({
    connect: (user) => actingAs(target.credentials, user),
    nodes: [...names],
    apiServer: {
      host: hostname,
      port: Number(port) || (protocol === "http:" ? 80 : 443),
      caPem: String(tls.ca ?? ""),
    },
    programEntry,
    directory,
    tuning: { ...defaultKubeletTuning, ...tuning },
    guest: { labels: marksOf(namespace), taints: [taintOf(namespace)] },
    runs: (each) => isUnder(namespace, each),
    log,
  });
  try {
    await untilNodesReady(target.kube, names);
    return nodes;
  } catch (error) {
    await nodes.stop();
    throw error;
  }
}

/** The user's credentials with `kubectl --as=system:node:NAME --as-group=system:nodes`. */
function actingAs(credentials: Credentials, user: string): Kube {
  const acting: Credentials = {
    ...credentials,
    async authenticate() {
      const { headers, ...rest } = await credentials.authenticate();
      return { ...rest, headers: { ...headers, "Impersonate-User": user, "Impersonate-Group": "system:nodes" } };
    },
    forget: () => credentials.forget(),
  };
  return createKube(acting, { userAgent: "kubelet (operarius tests)", fieldManager: "kubelet" });
}
