/** Everything a node is made of, and whether this machine can have one. */
import { statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { build } from "../../scripts/cluster/build.ts";
import type { Programs } from "../../scripts/cluster/programs.ts";
import { CannotRun } from "../support/tools/cannot-run.ts";
import { clusterModule, findControlPlane, orNotRun } from "../support/tools/control-plane.ts";
import type { DebianOptions } from "../support/tools/debian.ts";
import { fromDebian } from "../support/tools/debian.ts";
import { goProgram } from "../support/tools/go-program.ts";
import { inPath, lastLine, run } from "../support/tools/run.ts";
import { whyNoCgroups } from "./cgroups.ts";

export interface ToolsOptions extends DebianOptions {
  /** The checkout. */
  root: string;
}

export interface Tools {
  /** Of this machine. */
  ip: string;
  nsenter: string;
  unshare: string;
  containerd: string;
  ctr: string;
  runc: string;
  cniPlugins: string;
  /** Statically linked: the only program of the pods that are repaired. */
  busybox: string;
  kubelet: string;
  kubeProxy: string;
  controlPlane: Programs;
  /** For every program of a node: where to look for others, and for their libraries. */
  env: Record<string, string>;
}

/** As Debian calls them. The libraries are those of nft and runc, for machines that do not have them. */
const wanted = {
  packages: [
    "containerd",
    "runc",
    "containernetworking-plugins",
    "busybox-static",
    "nftables",
    "libnftables1",
    "libnftnl11",
    "libxtables12",
    "libmnl0",
    "libjansson4",
    "libgmp10",
    "libedit2",
    "libbsd0",
    "libmd0",
    "libseccomp2",
  ],
  files: ["usr/bin/containerd", "usr/bin/containerd-shim-runc-v2", "usr/bin/ctr", "usr/lib/cni/bridge"],
  folder: "debian-node",
};

/** Errors: `CannotRun` with the reason, `ClusterProblem` when something cannot be built. */
export async function findTools(options: ToolsOptions): Promise<Tools> {
  const { env, cache, root, log, signal } = options;
  const own = checkMachine(options);
  const packaged = await findPackaged(options);
  await checkWorks(packaged, own);
  const controlPlane = await findControlPlane(options);
  const kubernetes = await orNotRun(env, () =>
    build({ programs: ["kubelet"], env, moduleDirectory: clusterModule(root), log, signal }),
  );
  const proxy = await goProgram(
    {
      name: "kube-proxy",
      directory: join(root, "test", "node", "kube-proxy"),
      path: "k8s.io/kubernetes/cmd/kube-proxy",
      module: "k8s.io/kubernetes",
      linkFlags: (version) => `-s -w -X k8s.io/component-base/version.gitVersion=${version}`,
      duration: "half a minute after the control plane",
    },
    { env, cache, log, signal },
  );
  return {
    ...own,
    ...packaged,
    kubelet: join(kubernetes.directory, "kubelet"),
    kubeProxy: proxy.file,
    controlPlane,
  };
}

type Own = Pick<Tools, "ip" | "nsenter" | "unshare">;

/** Errors: `CannotRun`. */
function checkMachine({ env, isRoot }: ToolsOptions): Own {
  if (process.platform !== "linux") throw new CannotRun(`nodes need Linux, this is ${process.platform}`);
  if (!isRoot) throw new CannotRun("nodes need root: network namespaces, mounts and cgroups");
  const noCgroups = whyNoCgroups();
  if (noCgroups !== undefined) throw new CannotRun(noCgroups);
  const find = (name: string, package_: string): string => {
    const file = inPath(env, name);
    if (file === undefined) throw new CannotRun(`no ${name} in the PATH (package ${package_})`);
    return file;
  };
  return {
    ip: find("ip", "iproute2"),
    nsenter: find("nsenter", "util-linux"),
    unshare: find("unshare", "util-linux"),
  };
}

/** What a node has of its own; it ends with its first process. */
export const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

type Packaged = Pick<Tools, "containerd" | "ctr" | "runc" | "cniPlugins" | "busybox">;

/** Out of the Debian packages; where these cannot be had, those of the PATH. With them goes the environment they need. */
async function findPackaged(options: ToolsOptions): Promise<Packaged & Pick<Tools, "env">> {
  const path = options.env.PATH ?? "";
  try {
    const directory = await fromDebian(wanted, options);
    const at = (...parts: string[]): string => join(directory, ...parts);
    const first = (...paths: string[][]): string =>
      paths.map((each) => at(...each)).find(isFile) ?? at(...(paths[0] ?? []));
    const folders = [at("usr", "bin"), at("usr", "sbin"), at("sbin")];
    const libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((triplet) => at("usr", "lib", triplet));
    return {
      containerd: at("usr", "bin", "containerd"),
      ctr: at("usr", "bin", "ctr"),
      runc: first(["usr", "sbin", "runc"], ["usr", "bin", "runc"]),
      cniPlugins: at("usr", "lib", "cni"),
      busybox: first(["bin", "busybox"], ["usr", "bin", "busybox"]),
      env: { PATH: [...folders, path].join(delimiter), LD_LIBRARY_PATH: libraries.join(delimiter) },
    };
  } catch (error) {
    const own = error instanceof CannotRun ? ofPath(options) : undefined;
    if (own === undefined) throw error;
    return { ...own, env: { PATH: path } };
  }
}

function ofPath({ env }: ToolsOptions): Packaged | undefined {
  const [containerd, ctr, runc, busybox] = ["containerd", "ctr", "runc", "busybox"].map((name) => inPath(env, name));
  const cniPlugins = ["/opt/cni/bin", "/usr/lib/cni"].find((folder) => isFile(join(folder, "bridge")));
  if (!containerd || !ctr || !runc || !busybox || !cniPlugins) return undefined;
  return { containerd, ctr, runc, cniPlugins, busybox };
}

/** What only trying tells: interfaces, tables of nftables, mounts. All of it is gone with its namespaces. */
const trial = `
ip link add b0 type bridge
ip link add v0 type veth peer name v1
nft list ruleset
mount -t tmpfs tmpfs /run
mkdir /run/lower /run/upper /run/work /run/merged
mount -t overlay -o lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work overlay /run/merged
`;

/** Errors: `CannotRun` naming the program that does not run here. */
async function checkWorks({ containerd, runc, env }: Packaged & Pick<Tools, "env">, { unshare }: Own): Promise<void> {
  const checks = [
    { what: "containerd does not run here", file: containerd, args: ["--version"] },
    { what: "runc does not run here", file: runc, args: ["--version"] },
    {
      what: "a node's surroundings cannot be made here",
      file: unshare,
      args: [...namespaces, "/bin/sh", "-ec", trial],
    },
  ];
  for (const { what, file, args } of checks) {
    await run(file, args, { env }).catch((error: unknown) => {
      throw new CannotRun(`${what}: ${lastLine(error)}`, { cause: error });
    });
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
