/** How the processes of a pod are confined, as the kernel tells it. */
import { readdirSync, readFileSync } from "node:fs";

export interface Confinement {
  command: string;
  uid: number;
  gid: number;
  /** Effective, permitted, inheritable, bounding and ambient capabilities, all sets in one. */
  capabilities: bigint;
  noNewPrivileges: boolean;
  /** 2: a filter. */
  seccomp: number;
  /** Options of the mount at its root. */
  root: string;
}

/** Of every process of the pod that runs our program; a process that ends meanwhile is left out. */
export function confinementsOf(podUid: string): Confinement[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, "utf8");
        if (!read("cgroup").replaceAll("_", "-").includes(podUid)) return [];
        const command = read("cmdline").split("\0").join(" ").trim();
        return command.includes("operarius.js") ? [confinementFrom(command, read("status"), read("mountinfo"))] : [];
      } catch (error) {
        if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return [];
        throw error;
      }
    });
}

/** From /proc/<pid>/status and /proc/<pid>/mountinfo. Pure. */
export function confinementFrom(command: string, status: string, mountInfo: string): Confinement {
  const field = (name: string): string => {
    const value = new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1];
    if (value === undefined) throw new Error(`/proc/<pid>/status has no ${name}`);
    return value;
  };
  const sets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
  // The fifth field is where it is mounted, the sixth its options.
  const root = mountInfo
    .split("\n")
    .map((line) => line.split(" "))
    .find((fields) => fields[4] === "/")?.[5];
  return {
    command,
    uid: Number(field("Uid")),
    gid: Number(field("Gid")),
    capabilities: sets.reduce((all, name) => all | BigInt(`0x${field(name)}`), 0n),
    noNewPrivileges: field("NoNewPrivs") === "1",
    seccomp: Number(field("Seccomp")),
    root: root ?? "",
  };
}

/** A sentence for everything that the pod security standard "restricted" and a read-only root do not allow. Pure. */
export function complaints({ command, uid, gid, capabilities, noNewPrivileges, seccomp, root }: Confinement): string[] {
  const wrong = [
    ...(uid === 65532 && gid === 65532 ? [] : [`runs as ${uid}:${gid}`]),
    ...(capabilities === 0n ? [] : [`has capabilities 0x${capabilities.toString(16)}`]),
    ...(noNewPrivileges ? [] : ["may gain privileges"]),
    ...(seccomp === 2 ? [] : ["has no seccomp filter"]),
    ...(root.split(",").includes("ro") ? [] : [`may write to its root (${root})`]),
  ];
  return wrong.map((words) => `${command} ${words}`);
}
