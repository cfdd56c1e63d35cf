/** `npm run cluster -- up|down|status|build`: real Kubernetes on this machine. Called by scripts/cluster.mjs. */
import { join, resolve } from "node:path";
import { CommanderError, InvalidArgumentError, Command as Parser } from "commander";
import { build, cacheDirectory } from "./build.ts";
import { statusOf } from "./foreign/status.ts";
import { playNodes } from "./play-nodes.ts";
import { ClusterProblem } from "./problem.ts";
import { isAlive } from "./processes.ts";
import type { Program } from "./recipe.ts";
import { controlPlanePrograms, packages } from "./recipe.ts";
import type { ClusterRecord } from "./record.ts";
import { endRecorded, locked, nameAndPid, readRecord } from "./record.ts";
import { isServing, up } from "./up.ts";

export interface MainContext {
  env: Readonly<Record<string, string | undefined>>;
  /** The checkout. */
  root: string;
  /** The script that called this. */
  entry: string;
  signal: AbortSignal;
  out: (line: string) => void;
  err: (line: string) => void;
}

interface Flags {
  directory?: string;
  nodes: string[];
  apiPort?: number;
  allowOldKubernetes?: true;
  kubeconfig?: string;
  context?: string;
}

const defaultPlace = "operarius/cluster in the cache folder";

/** Returns the exit code: 0 done, 1 failed or not running, 2 usage, 3 interrupted. */
export async function main(args: readonly string[], context: MainContext): Promise<number> {
  const chosen: (() => Promise<number>)[] = [];
  try {
    parser(context, (work) => void chosen.push(work)).parse([...args], { from: "user" });
    return (await chosen[0]?.()) ?? 2;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (context.signal.aborted) {
      context.err("interrupted; what was started has been ended");
      return 3;
    }
    if (!(error instanceof ClusterProblem)) throw error;
    context.err(error.message);
    return 1;
  }
}

function parser(context: MainContext, choose: (work: () => Promise<number>) => void): Parser {
  const root = new Parser("npm run cluster --").description("Real Kubernetes on this machine, on loopback only.");
  root.exitOverride().configureOutput({
    writeOut: (text) => context.out(text.trimEnd()),
    writeErr: (text) => context.err(text.trimEnd()),
  });
  const command = (name: string, description: string): Parser =>
    root
      .command(name)
      .description(description)
      .copyInheritedSettings(root)
      .option("--directory <folder>", `where the cluster keeps everything (default: ${defaultPlace})`, (folder) =>
        resolve(folder),
      );
  command("up", "Start it, with nodes; build its programs first when they are missing. It stays until `down`.")
    .option("--nodes <n>", "how many nodes, named n1 to nN", nodeNames, nodeNames("4"))
    .option("--api-port <n>", "port of the API server on 127.0.0.1 (default: a free one)", portNumber)
    .option("--allow-old-kubernetes", "run 1.20.2 of Debian where a current release cannot be built")
    .action((flags: Flags) => choose(() => runUp(flags, context)));
  command("down", "End it, also after a run that was killed.").action((flags: Flags) =>
    choose(() => runDown(flags, context)),
  );
  command("status", "Say what runs.")
    .option("--kubeconfig <file>", "say what a cluster of yours is, and what of ours is in it; nothing is written")
    .option("--context <name>", "of that file (default: its current context)")
    .action((flags: Flags) => choose(() => runStatus(flags, context)));
  command("nodes", "Play the nodes in the foreground (started by `up`).").action((flags: Flags) =>
    choose(() => runNodes(flags, context)),
  );
  root
    .command("build")
    .description("Only build, without starting anything.")
    .copyInheritedSettings(root)
    .argument("[programs...]", `some of ${Object.keys(packages).join(", ")}; default: all that \`up\` needs`)
    .action((programs: string[]) => choose(() => runBuild(programs, context)));
  return root;
}

async function runUp(flags: Flags, context: MainContext): Promise<number> {
  const { env, root, entry, signal, err } = context;
  const record = await up({
    ...flags,
    allowOld: flags.allowOldKubernetes === true,
    directory: directoryOf(flags, context),
    env,
    root,
    entry,
    signal,
    moduleDirectory: moduleIn(root),
    log: err,
  });
  context.out(readyLine(record));
  return 0;
}

async function runDown(flags: Flags, context: MainContext): Promise<number> {
  const { out } = context;
  const directory = directoryOf(flags, context);
  if (readRecord(directory) === undefined) {
    out(`no cluster in ${directory}`);
    return 0;
  }
  const ended = await locked(directory, () => endRecorded(directory));
  out(ended.length === 0 ? "nothing was running" : `ended ${ended.map(nameAndPid).join(", ")}`);
  return 0;
}

async function runStatus(flags: Flags, context: MainContext): Promise<number> {
  const { out } = context;
  const { kubeconfig } = flags;
  if (kubeconfig !== undefined) {
    const lines = await statusOf({ kubeconfig, ...(flags.context !== undefined && { context: flags.context }) });
    for (const line of lines) out(line);
    return 0;
  }
  const directory = directoryOf(flags, context);
  const record = readRecord(directory);
  if (record === undefined || record.processes.length === 0) {
    out(`no cluster runs in ${directory}; \`npm run cluster -- up\` starts one`);
    return 1;
  }
  for (const each of record.processes)
    out(`${isAlive(each) ? "running" : "ended  "}  ${nameAndPid(each)}  ${each.logFile}`);
  if (await isServing(record)) {
    out(readyLine(record));
    return 0;
  }
  out("not ready: `npm run cluster -- down`, then `up`");
  return 1;
}

async function runNodes(flags: Flags, context: MainContext): Promise<number> {
  const { root, signal, err } = context;
  await playNodes({ directory: directoryOf(flags, context), root, signal, log: err });
  return 0;
}

async function runBuild(names: readonly string[], { env, root, signal, out, err }: MainContext): Promise<number> {
  const isProgram = (name: string): name is Program => Object.hasOwn(packages, name);
  const unknown = names.find((name) => !isProgram(name));
  if (unknown !== undefined) {
    err(`there is no program ${JSON.stringify(unknown)}; known are ${Object.keys(packages).join(", ")}`);
    return 2;
  }
  const programs = names.length === 0 ? controlPlanePrograms : names.filter(isProgram);
  const { version, directory } = await build({ programs, env, moduleDirectory: moduleIn(root), log: err, signal });
  out(`built: Kubernetes ${version} in ${directory}: ${programs.join(", ")}`);
  return 0;
}

function readyLine({ version, origin, kubeconfig, url, auditLog, nodes }: ClusterRecord): string {
  return `ready: Kubernetes ${version} (${origin}), ${nodes.length} nodes, kubeconfig ${kubeconfig}, api ${url}, audit ${auditLog}`;
}

function moduleIn(root: string): string {
  return join(root, "scripts", "cluster", "build");
}

function directoryOf({ directory }: Flags, { env }: MainContext): string {
  return directory ?? join(cacheDirectory(env), "cluster");
}

function nodeNames(text: string): string[] {
  const count = wholeNumber(text, 1, 100);
  return Array.from({ length: count }, (_, index) => `n${index + 1}`);
}

function portNumber(text: string): number {
  return wholeNumber(text, 1, 65_535);
}

function wholeNumber(text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
}
