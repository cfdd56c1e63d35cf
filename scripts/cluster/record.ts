/** What a folder knows of the cluster that runs, or ran, in it: enough to find and end it, whoever started it. */
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { write } from "./files.ts";
import { makeFolder } from "./folders.ts";
import { ClusterProblem, wordsOf } from "./problem.ts";
import type { OwnProcess } from "./processes.ts";
import { beginningOf, end, isAlive } from "./processes.ts";

export interface ClusterRecord {
  /** Of Kubernetes, and where its programs come from. */
  version: string;
  origin: string;
  url: string;
  kubeconfig: string;
  auditLog: string;
  nodes: string[];
  /** All of them run: what the one who waits for `up` is told. */
  isReady: boolean;
  /** In the order of their start. */
  processes: OwnProcess[];
}

const fileName = "cluster.json";

/** Undefined when the folder holds no cluster. Errors: `ClusterProblem` when the record cannot be read. */
export function readRecord(directory: string): ClusterRecord | undefined {
  const file = join(directory, fileName);
  try {
    // Written by ourselves only, in one piece; but disks fail and people edit.
    const record: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isRecord(record)) throw new Error("it is no record of a cluster");
    return record;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EACCES" || code === "EPERM") {
      throw new ClusterProblem(`${file} cannot be read: ${wordsOf(error)}. It belongs to another user.`);
    }
    throw new ClusterProblem(
      `${file} cannot be read (${wordsOf(error)}). End the processes whose command lines name ${directory} by hand ` +
        `(ps ax | grep ${directory}), then remove that folder.`,
    );
  }
}

function isRecord(value: unknown): value is ClusterRecord {
  if (typeof value !== "object" || value === null) return false;
  const { processes, nodes, kubeconfig } = value as Partial<ClusterRecord>;
  return (
    typeof kubeconfig === "string" &&
    Array.isArray(nodes) &&
    Array.isArray(processes) &&
    processes.every(({ pid, beginning }) => typeof pid === "number" && typeof beginning === "string")
  );
}

/** Replaces the record in one piece. Errors: `ClusterProblem`; the one before stays. */
export function writeRecord(directory: string, record: ClusterRecord): void {
  const file = join(directory, fileName);
  write(`${file}.next`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${file}.next`, file);
}

/** Makes the folder, or empties one that was ours. Errors: `ClusterProblem` when it holds something else, or runs. */
export function clearDirectory(directory: string): void {
  try {
    makeFolder(directory);
    checkIsOurs(directory);
    const names = readdirSync(directory).filter((name) => !name.startsWith(lockName));
    const running = readRecord(directory)?.processes.filter(isAlive) ?? [];
    if (running.length > 0) {
      throw new ClusterProblem(
        `a cluster runs in ${directory} already (${running.map(nameAndPid).join(", ")}). End it first.`,
      );
    }
    // The record goes last: a folder that was emptied only in part is still known as ours.
    for (const name of names.filter((each) => each !== fileName)) rmSync(join(directory, name), { recursive: true });
    rmSync(join(directory, fileName), { force: true });
  } catch (error) {
    if (error instanceof ClusterProblem) throw error;
    throw new ClusterProblem(`${directory} cannot be used: ${wordsOf(error)}. Choose another folder with --directory.`);
  }
}

/** Nothing is written into a folder that somebody else uses. Errors: `ClusterProblem`. */
function checkIsOurs(directory: string): void {
  if (!existsSync(directory)) return;
  const names = readdirSync(directory);
  if (names.length === 0 || names.includes(fileName) || names.some((name) => name.startsWith(lockName))) return;
  throw new ClusterProblem(
    `${directory} is not empty and holds no cluster of ours. Choose another folder with --directory.`,
  );
}

/** Ends what the record names, last started first; a pid that is somebody else's by now is left alone. Returns what was ended. */
export async function endRecorded(directory: string): Promise<OwnProcess[]> {
  const record = readRecord(directory);
  if (record === undefined) return [];
  const running = record.processes.filter(isAlive);
  // The nodes first: they end the programs of their pods as long as they are asked to.
  const nodes = running.filter(({ name }) => name === nodesName);
  await end(nodes);
  await end(running.filter(({ name }) => name !== nodesName));
  writeRecord(directory, { ...record, isReady: false, processes: [] });
  return running;
}

/** The process that plays all nodes. */
export const nodesName = "nodes";

const lockName = "cluster.lock";

/** Runs `work` while nobody else starts or ends a cluster in this folder. Errors: `ClusterProblem` when somebody does. */
export async function locked<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const file = join(directory, lockName);
  take(directory, file);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(directory: string, file: string): void {
  const { pid } = process;
  const own = `${file}.${pid}`;
  try {
    checkIsOurs(directory);
    makeFolder(directory);
    accessSync(directory, constants.W_OK);
    writeFileSync(own, JSON.stringify({ pid, beginning: beginningOf(pid) ?? "" }), { mode: 0o600 });
    putAsideStale(directory, file);
    // Appears with its content or not at all, whatever happens to us or to the disk meanwhile.
    linkSync(own, file);
  } catch (error) {
    if (error instanceof ClusterProblem) throw error;
    // Somebody was quicker.
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw busy(directory, `see ${file}`);
    throw new ClusterProblem(`${directory} cannot be used: ${wordsOf(error)}. Choose another folder with --directory.`);
  } finally {
    removeIfThere(own);
  }
}

/** Where we may not even look we have left nothing. */
function removeIfThere(file: string): void {
  if (existsSync(file)) rmSync(file, { force: true });
}

/** Removes the lock of a command that was killed. Errors: `ClusterProblem` when its holder lives. */
function putAsideStale(directory: string, file: string): void {
  const holder = holderOf(file);
  if (holder === undefined) return;
  if (isAlive(holder)) throw busy(directory, `pid ${holder.pid}`);
  // Renamed, so that of two commands only one removes it.
  const aside = `${file}.stale.${process.pid}`;
  renameSync(file, aside);
  const removed = holderOf(aside);
  if (removed !== undefined && isAlive(removed)) {
    renameSync(aside, file);
    throw busy(directory, `pid ${removed.pid}`);
  }
  rmSync(aside, { force: true });
}

/** Undefined without a lock. What cannot be read is nobody's: a lock appears with its content. */
function holderOf(file: string): Pick<OwnProcess, "pid" | "beginning"> | undefined {
  if (!existsSync(file)) return undefined;
  const nobody = { pid: 0, beginning: "" };
  try {
    const holder: unknown = JSON.parse(readFileSync(file, "utf8"));
    const isHolder = typeof holder === "object" && holder !== null && "pid" in holder && "beginning" in holder;
    return isHolder ? { pid: Number(holder.pid), beginning: String(holder.beginning) } : nobody;
  } catch (error) {
    if (error instanceof SyntaxError) return nobody;
    throw error;
  }
}

function busy(directory: string, who: string): ClusterProblem {
  return new ClusterProblem(`another command (${who}) works on ${directory}. Wait for it to end, then try again.`);
}

/** For messages: "etcd (pid 123)". */
export function nameAndPid({ name, pid }: OwnProcess): string {
  return `${name} (pid ${pid})`;
}
