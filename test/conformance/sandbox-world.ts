/** The sandbox as a world. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { connectAs } from "../../sandbox/bootstrap/connect.ts";
import { defaultKubeletTuning, startKubelets } from "../../sandbox/kubelet/index.ts";
import { startSandbox } from "../../sandbox/start.ts";
import { untilNodesReady } from "../../scripts/cluster/nodes.ts";
import { adminOf, bearer } from "./clients.ts";
import { identityOf } from "./identity.ts";
import type { World } from "./world.ts";

/** Nodes that belong to no case: a cluster in which most nodes are dead behaves differently. */
export const ownNodes = 6;

/** It takes about two seconds. */
export async function startSandboxWorld(programEntry: string): Promise<World> {
  const sandbox = await startSandbox({ nodes: ownNodes, programEntry });
  const { apiServer, url, directory, kubeconfigFile } = sandbox;
  const admin = await adminOf(kubeconfigFile);
  const identity = identityOf(kubeconfigFile);
  const clients = [admin];
  const version = (await admin.raw("/version")) as { gitVersion: string };
  return {
    name: "sandbox",
    version: version.gitVersion,
    url,
    kubeconfig: kubeconfigFile,
    identity,
    admin,
    marks: {},
    withToken(token) {
      const client = bearer(url, identity.caPem, token);
      clients.push(client);
      return client;
    },
    async addNodes(names) {
      const pods = join(directory, "pods");
      mkdirSync(pods, { recursive: true });
      const kubelets = await startKubelets({
        connect: (user) => connectAs(apiServer, user),
        nodes: [...names],
        apiServer: { host: apiServer.host, port: apiServer.port, caPem: apiServer.caPem },
        programEntry,
        directory: pods,
        tuning: defaultKubeletTuning,
        log: () => undefined,
      });
      await untilNodesReady(admin, names);
      return kubelets;
    },
    compact: () => Promise.resolve(apiServer.compact()),
    scratch: mkdtempSync(join(directory, "conformance-")),
    async stop() {
      for (const client of clients) client.close();
      await sandbox.stop();
    },
  };
}
