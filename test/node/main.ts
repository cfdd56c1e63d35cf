/** `npm run test:node`: the shipped manifests and our image on real nodes. Called by run.mjs. */
import { join } from "node:path";
import { cacheDirectory } from "../../scripts/cluster/build.ts";
import { ClusterProblem, wordsOf } from "../../scripts/cluster/problem.ts";
import { locked } from "../../scripts/cluster/record.ts";
import { CannotRun } from "../support/tools/cannot-run.ts";
import type { Environment } from "../support/tools/run.ts";
import type { ClusterOptions, NodeCluster } from "./cluster.ts";
import { startNodeCluster } from "./cluster.ts";
import { install, installation } from "./install.ts";
import { planeDirectory, removeAll } from "./leftovers.ts";
import { createAgent, createSender } from "./pods.ts";
import type { Scene } from "./story.ts";
import { badImage, inScene, oneNodeCrashes } from "./story.ts";
import { findTools } from "./tools.ts";

export interface MainContext {
  env: Environment;
  /** The checkout. */
  root: string;
  /** Existing folder inside the checkout; the caller removes it. */
  scratch: string;
  isRoot: boolean;
  signal: AbortSignal;
  out: (line: string) => void;
}

const episodes: readonly Episode[] = [
  { namespace: "agents-1", title: "one node: the pod on n2 has a corrupt cache and crashes", play: oneNodeCrashes },
  { namespace: "agents-2", title: "a bad image: no registry has it", play: badImage },
];

interface Episode {
  /** Of its own DaemonSet. */
  namespace: string;
  title: string;
  play: (scene: Scene) => Promise<void>;
}

/** Takes no arguments. Returns the exit code: 0 passed or not run, 1 failed, 2 usage, 3 interrupted. */
export async function main(args: readonly string[], context: MainContext): Promise<number> {
  const { out, signal } = context;
  if (args.length > 0) {
    out("usage: npm run test:node");
    return 2;
  }
  try {
    return await play(context);
  } catch (error) {
    if (signal.aborted) {
      out("interrupted; what was started has been ended");
      return 3;
    }
    if (error instanceof CannotRun) {
      out(`not run: ${error.message}`);
      return 0;
    }
    out(error instanceof ClusterProblem ? error.message : wordsOf(error));
    out(`ran 0, failed ${episodes.length}`);
    return 1;
  }
}

async function play(context: MainContext): Promise<number> {
  const { env, out } = context;
  const log = (line: string): void => out(`  ${line}`);
  const cache = cacheDirectory(env);
  const tools = await findTools({ ...context, cache, log });
  const directory = join(cache, "node");
  return locked(planeDirectory(directory), async () => {
    const left = await removeAll(directory);
    if (left.length > 0) log(`ended what an earlier run has left: ${left.join(", ")}`);
    const failed = await playAll({ ...context, cache, directory, tools, log }, out);
    if (failed > 0) log(`the logs are in ${directory}`);
    out(`ran ${episodes.length}, failed ${failed}`);
    return failed === 0 ? 0 : 1;
  });
}

async function playAll(options: ClusterOptions, out: (line: string) => void): Promise<number> {
  const cluster = await startNodeCluster(options);
  try {
    out(`Kubernetes ${cluster.version}, ${await runtimeOf(cluster)}, nodes ${cluster.nodes.join(", ")}`);
    await install(cluster);
    const sender = await createSender(cluster);
    let failed = 0;
    for (const { namespace, title, play: playEpisode } of episodes) {
      out(`  ${title}`);
      try {
        await createAgent(cluster, namespace);
        await inScene(cluster, { sender, namespace, out }, playEpisode);
      } catch (error) {
        options.signal.throwIfAborted();
        failed += 1;
        out(`  FAILED: ${wordsOf(error)}`);
        out(await circumstances(cluster));
      }
    }
    return failed;
  } finally {
    await cluster.stop();
  }
}

/** What helps to see why something failed. */
async function circumstances({ kubectl }: NodeCluster): Promise<string> {
  const commands = [
    ["get", "pods", "--all-namespaces", "-o", "wide"],
    ["get", "remediations", "-n", installation],
    ["logs", "deployment/operarius", "-n", installation, "--tail=12"],
  ];
  const answers = commands.map((args) => kubectl(args).catch(wordsOf));
  return (await Promise.all(answers)).join("\n");
}

/** Of a node, as it reports it: "containerd://1.6.20, kubelet v1.35.4". */
async function runtimeOf({ kubectl }: NodeCluster): Promise<string> {
  const path = "jsonpath={.status.nodeInfo.containerRuntimeVersion}, kubelet {.status.nodeInfo.kubeletVersion}";
  return kubectl(["get", "node", "n1", "-o", path]);
}
