/** The processes that the fake kubelet runs for Jobs of ours: children of this one, told apart by their environment. Linux only. */
import { readdirSync, readFileSync } from "node:fs";
import { until } from "../support/until.ts";

/** Whether processes can be told apart here. */
export const canSeeJobs = process.platform === "linux";
/** Stands in the title of what is skipped without it. */
export const whyNoJobs = canSeeJobs ? "" : " (not run: a Job's process is found by Linux's /proc)";

/** Pids of the runs for this DaemonSet. */
function runsFor(daemonSet: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const isChild =
        textOf(pid, "stat")
          .replace(/^.*\) /, "")
          .split(" ")[1] === String(process.pid);
      return isChild && textOf(pid, "environ").split("\0").includes(`OPENFERO_DAEMONSET=${daemonSet}`);
    });
}

/** Resolves with the pid of a run for this DaemonSet as soon as there is one. */
export async function untilRunFor(daemonSet: string): Promise<number> {
  return until(`a Job's process for ${daemonSet}`, () => runsFor(daemonSet)[0], { withinMs: 180_000, periodMs: 100 });
}

/** SIGKILL; false when it has ended by itself. */
export function killRun(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** Empty for a process that has ended meanwhile, and for those of others. */
function textOf(pid: number, file: "stat" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
