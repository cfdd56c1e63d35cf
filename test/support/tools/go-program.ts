/** Programs built once per machine from Go modules that the project pins. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CannotRun } from "./cannot-run.ts";
import type { Environment } from "./run.ts";
import { inPath, lastLine, run } from "./run.ts";

export interface GoProgramOptions {
  env: Environment;
  /** Of the project. */
  cache: string;
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface GoSource {
  /** Of the program. */
  name: string;
  /** Folder with go.mod and go.sum. */
  directory: string;
  /** What is built: "k8s.io/kubernetes/cmd/kube-proxy". */
  path: string;
  /** The module whose version is the program's. */
  module: string;
  /** For the linker, by the version. */
  linkFlags: (version: string) => string;
  /** How long it takes on two cores, in words. */
  duration: string;
}

export interface GoProgram {
  version: string;
  file: string;
}

/** Errors: `CannotRun` when it is not built yet and cannot be. */
export async function goProgram(source: GoSource, { env, cache, log, signal }: GoProgramOptions): Promise<GoProgram> {
  const { name, directory: cwd, path, module, linkFlags, duration } = source;
  const pins = ["go.mod", "go.sum"].map((each) => readFileSync(join(cwd, each), "utf8")).join("\0");
  const version = pins.split(/\s+/).find((word, at, words) => words[at - 1] === module && word.startsWith("v")) ?? "";
  const flags = ["-trimpath", "-ldflags", linkFlags(version)];
  const key = createHash("sha256")
    .update([pins, ...flags].join("\0"))
    .digest("hex")
    .slice(0, 16);
  const directory = join(cache, `${name}-${version}-${key}`);
  const file = join(directory, name);
  if (existsSync(file)) return { version, file };
  if (inPath(env, "go") === undefined) {
    throw new CannotRun(`${name} ${version} is not built yet and there is no go in the PATH`);
  }
  log(`building ${name} ${version} from its Go module; once per machine, about ${duration}`);
  mkdirSync(directory, { recursive: true });
  // Renamed when complete: what has the final name works, whatever interrupted an earlier build.
  const unfinished = join(directory, `.${name}.${process.pid}`);
  try {
    // No C compiler, no workspace of the caller, and exactly the versions of go.sum.
    const settings = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };
    const command = ["-n", "19", "go", "build", ...flags, "-o", unfinished, path];
    await run("nice", command, { cwd, env: { ...env, ...settings }, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw withoutModules(name, error) ?? error;
    });
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return { version, file };
}

/** A machine that cannot download modules is no fault of ours; everything else that go complains about may be. */
function withoutModules(name: string, error: unknown): CannotRun | undefined {
  const text = error instanceof Error ? error.message : String(error);
  if (!/dial tcp|no such host|proxyconnect|i\/o timeout|module lookup disabled|\b40[34] /i.test(text)) return undefined;
  return new CannotRun(`${name} could not be downloaded: ${lastLine(error)}`, { cause: error });
}
