/** A real node: containerd, kubelet and kube-proxy in network, mount and pid namespaces of their own. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "../../scripts/cluster/control-plane.ts";
import { kubeconfigOf, write } from "../../scripts/cluster/files.ts";
import type { OwnProcess } from "../../scripts/cluster/processes.ts";
import { beginningOf, isAlive, launch, tailOf } from "../../scripts/cluster/processes.ts";
import { run } from "../support/tools/run.ts";
import { until } from "../support/until.ts";
import { makeCgroup } from "./cgroups.ts";
import type { Layout, NodeLayout } from "./layout.ts";
import { connectNode } from "./network.ts";
import type { NodeFiles } from "./node-config.ts";
import {
  cniConfig,
  containerdConfig,
  containerdSocket,
  initScript,
  kubeletConfig,
  kubeletSysctls,
  nodeFiles,
  proxyConfig,
  registryConfig,
} from "./node-config.ts";
import type { Tools } from "./tools.ts";
import { namespaces } from "./tools.ts";

export interface NodeOptions {
  node: NodeLayout;
  layout: Layout;
  tools: Tools;
  /** Whose network namespace has the bridge. */
  network: OwnProcess;
  plane: ControlPlane;
  /** For everything of all nodes; this one uses a folder of its name in it. */
  directory: string;
  /** Archives of the images that its pods may use. */
  archives: readonly string[];
  /** A registry that speaks HTTP. */
  registry: string;
  /** Told every process before it can leave anything behind. */
  note: (started: OwnProcess) => void;
  signal: AbortSignal;
}

/** Starts it; the API tells when it is Ready. Errors: with the end of the log of what did not start. */
export async function startNode(options: NodeOptions): Promise<void> {
  const { node, layout, tools, network, archives } = options;
  const files = nodeFiles(join(options.directory, node.name));
  await prepare(options, files);
  makeCgroup(node.cgroup);
  const { pid, inside } = await startNamespaces(options, files);
  await connectNode(tools, { network, pid, inside }, { layout, node });
  const start: Start = (name, args, logFile) => startProgram(options, inside, { name, args, logFile });
  await startContainerd(options, { files, inside, start, archives });
  const kubelet = [
    `--config=${files.kubelet.config}`,
    `--kubeconfig=${files.kubelet.kubeconfig}`,
    `--root-dir=${files.kubelet.root}`,
    `--cert-dir=${files.kubelet.certificates}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
  ];
  await start("kubelet", [tools.kubelet, ...kubelet], files.kubelet.log);
  await start("kube-proxy", [tools.kubeProxy, `--config=${files.proxy.config}`], files.proxy.log);
}

/** `args` begin with the program. */
type Start = (name: string, args: readonly string[], logFile: string) => Promise<OwnProcess>;

async function startProgram(
  { node, tools, note, signal }: NodeOptions,
  inside: readonly string[],
  { name, args, logFile }: { name: string; args: readonly string[]; logFile: string },
): Promise<OwnProcess> {
  signal.throwIfAborted();
  const started = await launch({
    name: `${name}-${node.name}`,
    file: tools.nsenter,
    args: [...inside, ...args],
    env: { ...tools.env, HOME: "/nonexistent" },
    logFile,
  });
  note(started);
  return started;
}

/** Resolves when it has the images. */
async function startContainerd(
  { node, tools, signal }: NodeOptions,
  parts: { files: NodeFiles; inside: readonly string[]; start: Start; archives: readonly string[] },
): Promise<void> {
  const { inside, start, archives } = parts;
  const { config, log } = parts.files.containerd;
  const containerd = await start("containerd", [tools.containerd, "--config", config], log);
  const client = [...inside, tools.ctr, "--address", containerdSocket, "--namespace", "k8s.io"];
  const ctr = (...args: string[]): Promise<string> =>
    run(tools.nsenter, [...client, ...args], { env: tools.env, signal });
  await until(`containerd of ${node.name} to answer`, async () => {
    signal.throwIfAborted();
    mustLive(containerd);
    return ctr("version").then(
      () => true,
      () => false,
    );
  });
  for (const archive of archives) await ctr("images", "import", archive);
}

/** Writes what its programs read. */
async function prepare({ node, tools, plane, registry }: NodeOptions, files: NodeFiles): Promise<void> {
  const registryFolder = join(files.registries, registry);
  const folders = [
    files.sysctls,
    files.varLog,
    files.cni.config,
    files.kubelet.root,
    files.kubelet.plugins,
    registryFolder,
  ];
  for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, value] of Object.entries(kubeletSysctls)) {
    writeFileSync(join(files.sysctls, name.replaceAll("/", ".")), `${value}\n`);
  }
  writeFileSync(files.init, initScript(files));
  writeFileSync(files.containerd.config, containerdConfig(files, tools));
  writeFileSync(join(files.cni.config, "10-pods.conflist"), cniConfig(node, files));
  writeFileSync(join(registryFolder, "hosts.toml"), registryConfig(registry));
  // There is no DNS.
  writeFileSync(files.kubelet.resolver, "");
  writeFileSync(files.kubelet.config, kubeletConfig(node, files, plane.files.ca));
  writeFileSync(files.proxy.config, proxyConfig(node, files));
  const { url, caPem, authority } = plane;
  const kubelet = `system:node:${node.name}`;
  const kubeletIssued = await authority.client(kubelet, ["system:nodes"]);
  write(files.kubelet.kubeconfig, kubeconfigOf({ url, caPem, user: kubelet, issued: kubeletIssued }));
  const proxy = "system:kube-proxy";
  const proxyIssued = await authority.client(proxy, []);
  write(files.proxy.kubeconfig, kubeconfigOf({ url, caPem, user: proxy, issued: proxyIssued }));
}

/** The first process of the node: with it everything in the node ends. `inside` are the arguments of nsenter. */
async function startNamespaces(
  { node, tools, directory, note }: NodeOptions,
  files: NodeFiles,
): Promise<{ pid: number; inside: string[] }> {
  const logFile = join(directory, node.name, "init.log");
  const name = `node-${node.name}`;
  const args = [...namespaces, "/bin/sh", files.init];
  const outer = await launch({ name: `${name}-parent`, file: tools.unshare, args, env: tools.env, logFile });
  note(outer);
  const { pid } = outer;
  // The shell itself: unlike unshare it ends at once when it is asked to.
  const init = await until(`${name} to have its first process`, () => {
    mustLive(outer);
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]) || undefined;
  });
  note({ name, pid: init, beginning: beginningOf(init) ?? "ended at once", logFile });
  await until(`${name} to be ready`, () => {
    mustLive(outer);
    return existsSync(logFile) && /^ready$/m.test(readFileSync(logFile, "utf8"));
  });
  const of = `/proc/${pid}/ns`;
  return { pid, inside: [`--net=${of}/net`, `--mount=${of}/mnt`, `--pid=${of}/pid_for_children`] };
}

function mustLive(started: OwnProcess): void {
  if (isAlive(started)) return;
  throw new Error(`${started.name} ended by itself. The end of its log:\n${tailOf(started.logFile, 8)}`);
}
