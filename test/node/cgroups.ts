/** The cgroups under which a node's kubelet keeps its pods: one for each node, so that several nodes fit on a machine. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { until } from "../support/until.ts";

const mountPoint = "/sys/fs/cgroup";
/** What a kubelet and a container runtime cannot do without. */
const needed = {
  v1: ["cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids"],
  v2: ["cpu", "memory", "pids"],
};

/** Why containers cannot be confined here; undefined = they can. */
export function whyNoCgroups(): string | undefined {
  const there = isUnified() ? readFileSync(join(mountPoint, "cgroup.controllers"), "utf8").trim().split(/\s+/) : [];
  const missing = isUnified()
    ? needed.v2.filter((name) => !there.includes(name))
    : needed.v1.filter((name) => !isHierarchy(name));
  if (missing.length > 0) return `no cgroups ${missing.join(", ")} in ${mountPoint}`;
  const locked = hierarchies().find((hierarchy) => !isWritable(hierarchy));
  return locked === undefined ? undefined : `${locked} cannot be written`;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isUnified(): boolean {
  return existsSync(join(mountPoint, "cgroup.controllers"));
}

function isHierarchy(name: string): boolean {
  return existsSync(join(mountPoint, name, "cgroup.procs"));
}

function hierarchies(): string[] {
  if (isUnified()) return [mountPoint];
  return existsSync(mountPoint)
    ? readdirSync(mountPoint)
        .filter(isHierarchy)
        .map((name) => join(mountPoint, name))
    : [];
}

/** Makes the cgroup in every hierarchy. */
export function makeCgroup(name: string): void {
  for (const hierarchy of hierarchies()) {
    const directory = join(hierarchy, name);
    mkdirSync(directory, { recursive: true });
    // A new cpuset has no processors and no memory, and nothing can run in it.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (isUnified() || !existsSync(join(directory, file))) continue;
      writeFileSync(join(directory, file), readFileSync(join(hierarchy, file)));
    }
  }
}

/** Removes it with all below it, once the last process in it is gone. */
export async function removeCgroup(name: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const directory = join(hierarchy, name);
    await until(`${directory} to be empty`, () => removeTree(directory), { withinMs: 20_000 });
  }
}

/** False while the kernel still sees a process in it. */
function removeTree(directory: string): boolean {
  if (!existsSync(directory)) return true;
  const below = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (!below.every((entry) => removeTree(join(directory, entry.name)))) return false;
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EBUSY") return false;
    throw error;
  }
}
