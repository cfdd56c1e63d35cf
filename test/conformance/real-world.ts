/** A real control plane as a world. */
import { mkdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import type { ControlPlane } from "../../scripts/cluster/control-plane.ts";
import { startControlPlane } from "../../scripts/cluster/control-plane.ts";
import { startNodes, untilNodesReady } from "../../scripts/cluster/nodes.ts";
import type { Programs } from "../../scripts/cluster/programs.ts";
import { endRecorded } from "../../scripts/cluster/record.ts";
import { namespaces } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import { adminOf, bearer } from "./clients.ts";
import { identityOf } from "./identity.ts";
import { ownNodes } from "./sandbox-world.ts";
import type { World } from "./world.ts";

export interface RealOptions {
  programs: Programs;
  /** Of its own; what an earlier run has left in it is ended and removed. */
  directory: string;
  programEntry: string;
}

/** Tells etcd to forget everything before its present revision. */
async function compactEtcd(socketPath: string, admin: Kube): Promise<void> {
  const { resourceVersion } = await admin.list(namespaces);
  const text = JSON.stringify({ revision: resourceVersion, physical: true });
  const { code, body } = await new Promise<{ code: number; body: string }>((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const sent = request({ socketPath, path: "/v3/kv/compaction", method: "POST", headers }, (answer) => {
      let all = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        all += chunk;
      });
      answer.on("error", reject);
      answer.on("end", () => resolve({ code: answer.statusCode ?? 0, body: all }));
    });
    sent.on("error", reject);
    sent.end(text);
  });
  if (code !== 200) throw new Error(`etcd did not compact: ${code} ${body}`);
}

async function startedNodes(plane: ControlPlane, options: RealOptions, names: readonly string[]) {
  const clients = new Map<string, Kube>();
  for (const name of names) clients.set(name, await plane.kube(`system:node:${name}`));
  const { host, port, caPem } = plane;
  const { directory, programEntry } = options;
  const log = (): void => undefined;
  const nodes = await startNodes({
    names,
    clients,
    apiServer: { host, port, caPem },
    directory,
    programEntry,
    log,
  });
  await untilNodesReady(plane.admin, names);
  return nodes;
}

/** Starts etcd, the API server, the controllers and the scheduler. Errors: `ClusterProblem`, with nothing left running. */
export async function startRealWorld(options: RealOptions): Promise<World> {
  const { programs, directory } = options;
  await endRecorded(directory);
  const plane = await startControlPlane({ programs, directory, log: () => undefined });
  const admin = await adminOf(plane.kubeconfigFile);
  const identity = identityOf(plane.kubeconfigFile);
  const clients = [admin];
  const nodes = await startedNodes(
    plane,
    options,
    Array.from({ length: ownNodes }, (_, index) => `n${index + 1}`),
  );
  const scratch = join(directory, "scratch");
  mkdirSync(scratch);
  return {
    name: "real",
    version: plane.version,
    url: plane.url,
    kubeconfig: plane.kubeconfigFile,
    identity,
    admin,
    marks: {},
    withToken(token) {
      const client = bearer(plane.url, identity.caPem, token);
      clients.push(client);
      return client;
    },
    addNodes: (names) => startedNodes(plane, options, names),
    compact: () => compactEtcd(plane.files.etcdSocket, admin),
    scratch,
    async stop() {
      await nodes.stop();
      for (const client of clients) client.close();
      await plane.stop();
    },
  };
}
