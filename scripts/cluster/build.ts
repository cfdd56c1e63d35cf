/** Builds programs of the pinned Kubernetes release into the cache, once per machine. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freeBytes, makeFolder, mebi } from "./folders.ts";
import { ClusterProblem, wordsOf } from "./problem.ts";
import { beginningOf } from "./processes.ts";
import type { Program, Recipe } from "./recipe.ts";
import { packages, recipeOf } from "./recipe.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface BuildOptions {
  programs: readonly Program[];
  /** Of the caller; `go` is looked for in its PATH and keeps its own settings (GOPROXY, GOCACHE, ...). */
  env: Environment;
  /** Folder of go.mod and go.sum. */
  moduleDirectory: string;
  log: (line: string) => void;
  /** Ends the build; what is complete is kept. */
  signal?: AbortSignal;
}

export interface Built {
  /** Of Kubernetes. */
  version: string;
  directory: string;
}

/** Measured: module cache 1.1 GiB, build cache 2.9 GiB, programs 0.4 GiB. */
const neededBytes = 5 * 1024 ** 3;

/** The pinned release cannot be built here: no Go, one that is too old, or no way to the modules. */
export class CannotBuild extends ClusterProblem {}

/** What is missing is built, what is there is kept. Errors: `CannotBuild`, or another `ClusterProblem`. */
export async function build(options: BuildOptions): Promise<Built> {
  const { programs, env, moduleDirectory, log } = options;
  const recipe = readRecipe(moduleDirectory);
  const directory = join(cacheDirectory(env), `k8s-${recipe.version}`);
  prepare(directory, recipe);
  removeDamaged(directory, log);
  const missing = programs.filter((program) => !existsSync(join(directory, program)));
  if (missing.length === 0) return { version: recipe.version, directory };
  checkSpace(directory, neededBytes);
  await checkGo(options, recipe);
  log(
    `building Kubernetes ${recipe.version} from Go modules into ${directory}: ${missing.join(", ")}. ` +
      "This happens once per machine and takes a quarter of an hour on two cores.",
  );
  for (const program of missing) {
    const began = performance.now();
    log(`building ${program} ...`);
    await buildOne(options, { program, directory, recipe });
    const size = statSync(join(directory, program)).size;
    log(`built ${program} in ${Math.round((performance.now() - began) / 1000)} s, ${Math.round(size / mebi)} MiB`);
  }
  return { version: recipe.version, directory };
}

/** `${XDG_CACHE_HOME:-~/.cache}/operarius`. Errors: `ClusterProblem` without a home directory. */
export function cacheDirectory(env: Environment): string {
  const base = env.XDG_CACHE_HOME || (env.HOME ? join(env.HOME, ".cache") : undefined);
  if (base === undefined) throw new ClusterProblem("no place for the cache: set HOME or XDG_CACHE_HOME.");
  return join(base, "operarius");
}

export function readRecipe(moduleDirectory: string): Recipe {
  const read = (name: string): string => readFileSync(join(moduleDirectory, name), "utf8");
  return recipeOf(read("go.mod"), read("go.sum"));
}

/** Programs of another recipe of the same version are removed; so is what an interrupted build has left. */
function prepare(directory: string, recipe: Recipe): void {
  const marker = join(directory, "recipe");
  try {
    makeFolder(directory);
    removeUnfinished(directory);
    if (existsSync(marker) && readFileSync(marker, "utf8").trim() === recipe.fingerprint) return;
    for (const program of Object.keys(packages)) rmSync(join(directory, program), { force: true });
    writeFileSync(marker, `${recipe.fingerprint}\n`);
  } catch (error) {
    throw new ClusterProblem(
      `the cache ${directory} cannot be written: ${wordsOf(error)}. Choose another place with XDG_CACHE_HOME.`,
    );
  }
}

/** Removes what is called ".NAME.PID" and whose process is gone: it was killed in the middle of a build. */
export function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = /^\.[a-z-]+\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && beginningOf(Number(pid)) === undefined)
      rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** A program is as long as it was when it was built, or it is built again: disks fill up, copies break off. */
function removeDamaged(directory: string, log: (line: string) => void): void {
  for (const program of Object.keys(packages)) {
    const file = join(directory, program);
    if (!existsSync(file) || !existsSync(sizeFile(directory, program))) continue;
    const wanted = Number(readFileSync(sizeFile(directory, program), "utf8"));
    const { size } = statSync(file);
    if (size === wanted) continue;
    log(`${file} is damaged: ${size} bytes instead of ${wanted}; it is built again`);
    rmSync(file);
  }
}

/** Written before its program gets its name. */
function sizeFile(directory: string, program: string): string {
  return join(directory, `${program}.size`);
}

/** Errors: `ClusterProblem` when the disk of an existing folder has less left than a build needs. */
export function checkSpace(directory: string, needed: number): void {
  const free = freeBytes(directory);
  if (free >= needed) return;
  throw new ClusterProblem(
    `building Kubernetes needs ${needed / mebi} MiB and ${directory} has ${Math.round(free / mebi)} MiB left. ` +
      "Free some space, or choose another place with XDG_CACHE_HOME, GOCACHE and GOMODCACHE.",
  );
}

async function checkGo(options: BuildOptions, { go }: Recipe): Promise<void> {
  const answer = await run("go", ["env", "GOVERSION"], options).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    throw new CannotBuild(
      `the Kubernetes programs are not built yet and there is no go in the PATH. Install Go ${go} or newer, ` +
        "or point KUBEBUILDER_ASSETS at a folder with etcd, kube-apiserver, kube-controller-manager and kube-scheduler.",
    );
  });
  if (answer.code !== 0)
    throw new CannotBuild(`go does not work here (Go ${go} is needed): ${lastLines(answer.output)}`);
}

async function buildOne(
  options: BuildOptions,
  { program, directory, recipe }: { program: Program; directory: string; recipe: Recipe },
): Promise<void> {
  // Renamed when complete: what has the final name works, whatever interrupted an earlier build.
  const unfinished = join(directory, `.${program}.${process.pid}`);
  try {
    // A quarter of an hour of compiling must not stand in the way of whatever else the machine does: nice.
    const command = ["-n", "19", "go", "build", ...recipe.flags, "-o", unfinished, packages[program]];
    const { code, output } = await run("nice", command, options);
    if (code !== 0) throw failureOf(program, output);
    writeFileSync(sizeFile(directory, program), `${statSync(unfinished).size}\n`);
    renameSync(unfinished, join(directory, program));
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** The commonest causes, by what go prints. */
function failureOf(program: Program, output: string): ClusterProblem {
  const words = (advice: string): string => `${program} could not be built. ${advice}\n${lastLines(output)}`;
  if (/no space left/i.test(output)) {
    return new ClusterProblem(
      words(
        "The disk is full: free some space, or move GOCACHE, GOMODCACHE and XDG_CACHE_HOME elsewhere. What is built is kept.",
      ),
    );
  }
  if (/dial tcp|no such host|proxyconnect|i\/o timeout|module lookup disabled|cannot find module/i.test(output)) {
    return new CannotBuild(words("The Go modules could not be downloaded: check the network or the setting GOPROXY."));
  }
  if (/requires go >=|toolchain not available/i.test(output)) {
    return new CannotBuild(words("Go is too old: install a newer one."));
  }
  if (/signal: killed/i.test(output)) {
    return new ClusterProblem(words("The compiler was killed, probably for lack of memory (2 GiB are enough)."));
  }
  return new ClusterProblem(words("What go says:"));
}

function lastLines(output: string): string {
  return output.trimEnd().split("\n").slice(-15).join("\n");
}

function run(file: string, args: readonly string[], options: BuildOptions): Promise<{ code: number; output: string }> {
  const { env, moduleDirectory, signal } = options;
  // No C compiler, no workspace of the caller, and exactly the versions of go.sum.
  const settings = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: moduleDirectory,
      env: { ...env, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
      ...(signal === undefined ? {} : { signal }),
    });
    child.once("error", reject);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-65_536);
      });
    }
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
