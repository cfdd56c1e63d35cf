/** A real control plane with real nodes, and our server in a pod of it, installed as users do. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "../../scripts/cluster/control-plane.ts";
import { startControlPlane } from "../../scripts/cluster/control-plane.ts";
import { untilNodesReady } from "../../scripts/cluster/nodes.ts";
import type { OwnProcess } from "../../scripts/cluster/processes.ts";
import { isAlive } from "../../scripts/cluster/processes.ts";
import { buildImage } from "../../scripts/image/build-image.ts";
import type { Kube } from "../../src/kube/types.ts";
import { run } from "../support/tools/run.ts";
import { writeTestImages } from "./images.ts";
import type { Layout } from "./layout.ts";
import { noteLayout, planeDirectory, removeAll } from "./leftovers.ts";
import { freeLayout, ipAt, makeBridge } from "./network.ts";
import { startNode } from "./node.ts";
import type { Registry } from "./registry.ts";
import { startRegistry } from "./registry.ts";
import type { Tools } from "./tools.ts";

export interface ClusterOptions {
  /** The checkout. */
  root: string;
  /** Of the project. */
  cache: string;
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
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Rejects when something that must run has ended by itself. */
  check(): void;
  stop(): Promise<void>;
}

/** With fewer than three the one that fails would have too few siblings to be called an exception. */
const names = ["n1", "n2", "n3"];

/** A node that is slow is not dead: the machine has other things to do. */
const nodeMonitorGraceMs = 60_000;

/** Errors: with nothing left running. */
export async function startNodeCluster(options: ClusterOptions): Promise<NodeCluster> {
  const { root, directory, tools, log, signal } = options;
  const host = ipAt(tools.ip, tools.env);
  const { archives, image } = await makeArchives(options);
  const layout = await freeLayout(host, names);
  for (const name of names) rmSync(join(directory, name), { recursive: true, force: true });
  noteLayout(directory, layout);
  let registry: Registry | undefined;
  let plane: ControlPlane | undefined;
  const stop = async (): Promise<void> => {
    plane?.admin.close();
    registry?.close();
    await removeAll(directory, host);
  };
  try {
    await makeBridge(host, layout);
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
    await startNodes(options, { layout, plane, archives, registry: registry.name });
    return clusterOf(plane, { root, image, registry, tools, signal, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeArchives(options: ClusterOptions): Promise<{ archives: string[]; image: string }> {
  const { root, cache, directory, tools, log, signal } = options;
  const images = join(directory, "images");
  mkdirSync(images, { recursive: true, mode: 0o700 });
  const ours = join(images, "operarius.tar");
  const { platform, arch } = process;
  const built = await buildImage({ root, cache, output: ours, machine: { platform, arch }, log, signal });
  log(`built the image ${built.name}: ${Math.round(built.bytes / 1024 ** 2)} MiB`);
  const others = join(images, "others.tar");
  writeTestImages(others, { busybox: tools.busybox, architecture: built.architecture });
  return { archives: [ours, others], image: built.name };
}

async function startNodes(
  { directory, tools, signal }: ClusterOptions,
  parts: { layout: Layout; plane: ControlPlane; archives: readonly string[]; registry: string },
): Promise<void> {
  const { layout, plane } = parts;
  const host = ipAt(tools.ip, tools.env);
  const note = (started: OwnProcess): void => plane.note({ processes: [started, ...plane.record().processes] });
  await Promise.all(layout.nodes.map((node) => startNode({ ...parts, node, tools, host, directory, note, signal })));
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
  const env = { HOME: home, KUBECONFIG: plane.kubeconfigFile };
  return {
    ...rest,
    nodes: names,
    admin: plane.admin,
    version: plane.version,
    auditFile: plane.auditFile,
    kubectl: (args, input) =>
      run(tools.controlPlane.paths.kubectl, args, { env, signal, ...(input === undefined ? {} : { input }) }),
    check: () => mustLive(plane, signal),
  };
}
