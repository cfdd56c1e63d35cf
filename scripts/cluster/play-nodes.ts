/** The process behind the nodes of `up`: fake kubelets with the credentials that `up` has written. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Kube } from "../../src/kube/types.ts";
import { connectFrom } from "./connect.ts";
import { filesIn, nodeKubeconfig } from "./files.ts";
import { startNodes } from "./nodes.ts";
import { ClusterProblem } from "./problem.ts";
import { readRecord } from "./record.ts";

/** Plays the nodes of the folder's record until `signal`. Errors: `ClusterProblem`. */
export async function playNodes(options: {
  directory: string;
  root: string;
  signal: AbortSignal;
  log: (line: string) => void;
}): Promise<void> {
  const { directory, root, signal, log } = options;
  const record = readRecord(directory);
  if (record === undefined) throw new ClusterProblem(`${directory} holds no cluster.`);
  const clients = new Map<string, Kube>();
  for (const name of record.nodes) {
    clients.set(name, await connectFrom(nodeKubeconfig(directory, name), `system:node:${name}`));
  }
  const { hostname, port } = new URL(record.url);
  const nodes = await startNodes({
    names: record.nodes,
    clients,
    apiServer: { host: hostname, port: Number(port), caPem: readFileSync(filesIn(directory).ca, "utf8") },
    directory,
    programEntry: join(root, "dist", "operarius.js"),
    log,
  });
  log(`playing ${record.nodes.join(", ")}`);
  if (!signal.aborted) await new Promise((done) => signal.addEventListener("abort", done, { once: true }));
  await nodes.stop();
}
