/**
 * Processes that outlive the command that started them. Each is remembered by its pid and by when it began, so that a
 * pid that the system has given to somebody else since is never signalled.
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ClusterProblem, wordsOf } from "./problem.ts";

export interface OwnProcess {
  name: string;
  pid: number;
  /** Differs for every process that ever had this pid; see `beginningOf`. */
  beginning: string;
  logFile: string;
}

/** When the process of this pid began, in words that only serve comparison. Undefined when there is none, or only its remains. */
export function beginningOf(pid: number): string | undefined {
  return existsSync("/proc/self/stat") ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The name (field 2) may contain spaces and parentheses; what follows the last one is field 3, the state.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended; only its parent has not asked yet.
  if (state === "Z" || state === "X") return undefined;
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot} ${rest[18] ?? ""}`;
}

/** Systems without /proc: whole seconds have to do. */
function fromPs(pid: number): string | undefined {
  const { stdout } = spawnSync("ps", ["-p", String(pid), "-o", "state=,lstart="], { encoding: "utf8" });
  const [state = "", ...began] = (stdout ?? "").trim().split(/\s+/);
  return state === "" || state.startsWith("Z") ? undefined : began.join(" ");
}

/** Whether it still runs, and is still the one that was started. */
export function isAlive(process: Pick<OwnProcess, "pid" | "beginning">): boolean {
  return beginningOf(process.pid) === process.beginning;
}

export interface Launch {
  name: string;
  file: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  logFile: string;
  /** Existing folder to run in. Default: the caller's. */
  cwd?: string;
}

/** Starts it in a session of its own: interrupts of the terminal do not reach it. Errors: `ClusterProblem`. */
export async function launch({ name, file, args, env, logFile, cwd }: Launch): Promise<OwnProcess> {
  const log = openLog(name, logFile);
  const child = spawn(file, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...env },
    ...(cwd && { cwd }),
  });
  closeSync(log);
  child.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
  } catch (error) {
    throw new ClusterProblem(`${name} cannot be started: ${wordsOf(error)}. Its program is ${file}.`);
  }
  const { pid = 0 } = child;
  // What has ended already is remembered as well: whoever looks next sees that it is gone.
  return { name, pid, beginning: beginningOf(pid) ?? "ended at once", logFile };
}

function openLog(name: string, logFile: string): number {
  try {
    return openSync(logFile, "a", 0o600);
  } catch (error) {
    throw new ClusterProblem(`${name} cannot be started: its log cannot be written: ${wordsOf(error)}.`);
  }
}

/** How long a process may take to end by itself. kube-apiserver would wait a minute for open watches. */
const graceMs = 3_000;

/** SIGTERM, then SIGKILL after 3 s. Resolves when all are gone. Those that are not ours any more are left alone. */
export async function end(processes: readonly OwnProcess[]): Promise<void> {
  send(processes, "SIGTERM");
  if (await gone(processes, graceMs)) return;
  send(processes, "SIGKILL");
  if (await gone(processes, graceMs)) return;
  const left = processes.filter(isAlive).map(({ name, pid }) => `${name} (pid ${pid})`);
  throw new ClusterProblem(`${left.join(", ")} did not end, not even by SIGKILL. End it by hand, then try again.`);
}

function send(processes: readonly OwnProcess[], signal: NodeJS.Signals): void {
  for (const each of processes.filter(isAlive)) {
    try {
      process.kill(each.pid, signal);
    } catch (error) {
      // It ended between the look and the signal.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
        throw new ClusterProblem(`${each.name} (pid ${each.pid}) cannot be ended: ${wordsOf(error)}.`);
      }
    }
  }
}

async function gone(processes: readonly OwnProcess[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (processes.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** The last lines of a log, for messages; only its last 64 KiB are read. */
export function tailOf(file: string, lines: number): string {
  try {
    return readFileSync(file, "utf8").slice(-65_536).trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "(no log)";
  }
}
