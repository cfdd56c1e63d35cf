/** A real control plane with real nodes, and our server in a pod of it, installed as users do. */
import { mkdirSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { ControlPlane } from "../../scripts/cluster/control-plane.ts";
import { startControlPlane } from "../../scripts/cluster/control-plane.ts";
import { untilNodesReady } from "../../scripts/cluster/nodes.ts";
import { wordsOf } from "../../scripts/cluster/problem.ts";
import type { OwnProcess } from "../../scripts/cluster/processes.ts";
import { isAlive } from "../../scripts/cluster/processes.ts";
import { buildImage } from "../../scripts/image/build-image.ts";
import type { Kube } from "../../src/kube/types.ts";
import { run } from "../support/tools/run.ts";
import { writeTestImages } from "./images.ts";
import { noteMade, planeDirectory, removeAll } from "./leftovers.ts";
import { connectHost, freeLayout, ipOf, startSwitch } from "./network.ts";
import type { NodeOptions } from "./node.ts";
import { startNode } from "./node.ts";
import { nodeFiles } from "./node-config.ts";
import type { Registry } from "./registry.ts";
import { startRegistry } from "./registry.ts";
import type { Tools } from "./tools.ts";

export interface ClusterOptions {
  /** The checkout. */
  root: string;
  /** Of the project. */
  cache: string;
  /** Existing folder; the caller removes it. */
  scratch: string;
  /** Of the suite, in the cache; what an earlier run has left in it is removed. */
  directory: string;
  tools: Tools;
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface NodeCluster {
  /** The checkout. */
  root: string;
  nodes: readonly string[];
  admin: Kube;
  version: string;
  auditFile: string;
  /** Name of our image, on every node. */
  image: string;
  /** Has no image at all. */
  registry: Registry;
  /** Real kubectl with every right. Resolves with stdout. */
  kubectl: (args: readonly string[], input?: string) => Promise<string>;
  /** One command line, as a person types it who may do everything. Resolves with stdout. */
  shell: (command: string) => Promise<string>;
  /** Rejects when something that must run has ended by itself. */
  check: () => void;
  stop(): Promise<void>;
}

/** With fewer than three the one that fails would have too few siblings to be called an exception. */
const names = ["n1", "n2", "n3"];

const imageFolder = "images";

/** A node that is slow is not dead: the machine has other things to do. */
const nodeMonitorGraceMs = 60_000;

/** Errors: with nothing left running. */
export async function startNodeCluster(options: ClusterOptions): Promise<NodeCluster> {
  const { root, directory, tools, log, signal } = options;
  for (const name of [...names, imageFolder]) rmSync(join(directory, name), { recursive: true, force: true });
  const { archives, image } = await makeArchives(options);
  const layout = await freeLayout(ipOf(tools), names);
  let registry: Registry | undefined;
  let plane: ControlPlane | undefined;
  const stop = async (): Promise<void> => {
    plane?.admin.close();
    registry?.close();
    await removeAll(directory);
    removeData(directory);
  };
  try {
    const network = await startSwitch(tools, join(directory, "switch.log"));
    noteMade(directory, layout, [network]);
    await connectHost(tools, network, layout);
    registry = await startRegistry(layout.address);
    plane = await startControlPlane({
      programs: tools.controlPlane,
      directory: planeDirectory(directory),
      apiAddress: layout.address,
      nodeMonitorGraceMs,
      log,
      signal,
    });
    log(`starting nodes ${names.join(", ")}`);
    await startNodes(options, { layout, network, plane, archives, registry: registry.name });
    return clusterOf(plane, { root, image, registry, tools, signal, stop });
  } catch (error) {
    await stop().catch((left: unknown) => log(wordsOf(left)));
    throw error;
  }
}

async function makeArchives(options: ClusterOptions): Promise<{ archives: string[]; image: string }> {
  const { root, scratch, cache, directory, tools, log, signal } = options;
  const images = join(directory, imageFolder);
  mkdirSync(images, { recursive: true, mode: 0o700 });
  const ours = join(images, "operarius.tar");
  const { platform, arch } = process;
  const built = await buildImage({ root, scratch, cache, output: ours, machine: { platform, arch }, log, signal });
  log(`built the image ${built.name}: ${Math.round(built.bytes / 1024 ** 2)} MiB`);
  const others = join(images, "others.tar");
  writeTestImages(others, { busybox: tools.busybox, architecture: built.architecture });
  return { archives: [ours, others], image: built.name };
}

/** What is large; the logs stay. */
function removeData(directory: string): void {
  for (const name of names) {
    const { containerd, kubelet } = nodeFiles(join(directory, name));
    for (const each of [containerd.root, kubelet.root]) rmSync(each, { recursive: true, force: true });
  }
  rmSync(join(directory, imageFolder), { recursive: true, force: true });
}

async function startNodes(
  { directory, tools, signal }: ClusterOptions,
  parts: Pick<NodeOptions, "layout" | "network" | "plane" | "archives" | "registry">,
): Promise<void> {
  const { layout, plane } = parts;
  const note = (started: OwnProcess): void => plane.note({ processes: [started, ...plane.record().processes] });
  const started = await Promise.allSettled(
    layout.nodes.map((node) => startNode({ ...parts, node, tools, directory, note, signal })),
  );
  // Only now: whoever ends what was noted must not miss what another node has just started.
  const failure = started.find((each) => each.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  plane.note({ nodes: names });
  await untilNodesReady(plane.admin, names, {
    look: () => mustLive(plane, signal),
    hint: () => `The logs are in ${directory}.`,
  });
}

function mustLive(plane: ControlPlane, signal: AbortSignal): void {
  signal.throwIfAborted();
  const gone = plane.record().processes.find((each) => !isAlive(each));
  if (gone !== undefined) throw new Error(`${gone.name} ended by itself; see ${gone.logFile}`);
}

function clusterOf(
  plane: ControlPlane,
  parts: Pick<NodeCluster, "root" | "image" | "registry" | "stop"> & { tools: Tools; signal: AbortSignal },
): NodeCluster {
  const { tools, signal, ...rest } = parts;
  const home = join(plane.directory, "home");
  mkdirSync(home, { recursive: true });
  const { kubectl } = tools.controlPlane.paths;
  const path = [dirname(kubectl), tools.env.PATH].join(delimiter);
  const env = { HOME: home, KUBECONFIG: plane.kubeconfigFile, PATH: path };
  return {
    ...rest,
    nodes: names,
    admin: plane.admin,
    version: plane.version,
    auditFile: plane.auditFile,
    kubectl: (args, input) => run(kubectl, args, { env, signal, ...(input === undefined ? {} : { input }) }),
    shell: (command) => run("/bin/sh", ["-ec", command], { env, signal }),
    check: () => mustLive(plane, signal),
  };
}
