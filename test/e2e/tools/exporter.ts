/** kube-state-metrics, built once per machine from its pinned Go module (the folder kube-state-metrics beside this one). */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CannotRun } from "../problem.ts";
import type { Environment } from "./run.ts";
import { inPath, run } from "./run.ts";

const modulePath = "k8s.io/kube-state-metrics/v2";

export interface ExporterOptions {
  env: Environment;
  /** Of the project. */
  cache: string;
  /** The checkout. */
  root: string;
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface Exporter {
  version: string;
  file: string;
}

/** Errors: `CannotRun` when it is not built yet and cannot be. */
export async function findExporter({ env, cache, root, log, signal }: ExporterOptions): Promise<Exporter> {
  const cwd = join(root, "test", "e2e", "kube-state-metrics");
  const pins = ["go.mod", "go.sum"].map((name) => readFileSync(join(cwd, name), "utf8")).join("\0");
  const version = /k8s\.io\/kube-state-metrics\/v2 (v\S+)/.exec(pins)?.[1] ?? "";
  const flags = ["-trimpath", "-ldflags", `-s -w -X github.com/prometheus/common/version.Version=${version}`];
  const key = createHash("sha256")
    .update([pins, ...flags].join("\0"))
    .digest("hex")
    .slice(0, 16);
  const directory = join(cache, `kube-state-metrics-${version}-${key}`);
  const file = join(directory, "kube-state-metrics");
  if (existsSync(file)) return { version, file };
  if (inPath(env, "go") === undefined) {
    throw new CannotRun(`kube-state-metrics ${version} is not built yet and there is no go in the PATH`);
  }
  log(`building kube-state-metrics ${version} from its Go module; once per machine, about two minutes`);
  mkdirSync(directory, { recursive: true });
  // Renamed when complete: what has the final name works, whatever interrupted an earlier build.
  const unfinished = join(directory, `.kube-state-metrics.${process.pid}`);
  try {
    // No C compiler, no workspace of the caller, and exactly the versions of go.sum.
    const settings = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" };
    const command = ["-n", "19", "go", "build", ...flags, "-o", unfinished, modulePath];
    await run("nice", command, { cwd, env: { ...env, ...settings }, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw withoutModules(error) ?? error;
    });
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return { version, file };
}

/** A machine that cannot download modules is no fault of ours; everything else that go complains about may be. */
function withoutModules(error: unknown): CannotRun | undefined {
  const text = error instanceof Error ? error.message : String(error);
  if (!/dial tcp|no such host|proxyconnect|i\/o timeout|module lookup disabled|\b40[34] /i.test(text)) return undefined;
  const last = text.trim().split("\n").at(-1);
  return new CannotRun(`kube-state-metrics could not be downloaded: ${last}`, { cause: error });
}
