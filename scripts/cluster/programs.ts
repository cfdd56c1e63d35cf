/**
 * Which programs a control plane is made of: those of KUBEBUILDER_ASSETS, else those that this project builds, else, where
 * the user allows it, those of an old release.
 */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BuildOptions } from "./build.ts";
import { build, CannotBuild } from "./build.ts";
import { buildOldRelease } from "./debian.ts";
import { ClusterProblem, wordsOf } from "./problem.ts";
import type { Program } from "./recipe.ts";
import { controlPlanePrograms } from "./recipe.ts";
import { isSupported } from "./release.ts";

export type ControlPlaneProgram = (typeof controlPlanePrograms)[number];

export interface Programs {
  /** What kube-apiserver says of itself, for example "v1.35.4". */
  version: string;
  /** Where they come from, in words. */
  origin: string;
  paths: Readonly<Record<ControlPlaneProgram, string>>;
}

export interface FindOptions extends Omit<BuildOptions, "programs"> {
  /** --allow-old-kubernetes: Debian's 1.20.2 where the pinned release cannot be built. */
  allowOld?: boolean;
}

/** Builds what is missing. Errors: `ClusterProblem`. */
export async function findPrograms(options: FindOptions): Promise<Programs> {
  const assets = options.env.KUBEBUILDER_ASSETS;
  const programs = assets ? await fromAssets(assets, options) : await fromBuild(options);
  if (!isSupported(programs.version)) warn(programs.version, options);
  return programs;
}

async function fromBuild(options: FindOptions): Promise<Programs> {
  try {
    const { directory } = await build({ ...options, programs: controlPlanePrograms });
    return await programsOf(directory, "built from Go modules");
  } catch (error) {
    if (!(error instanceof CannotBuild)) throw error;
    if (options.allowOld !== true) {
      throw new ClusterProblem(
        `${error.message}\nWith --allow-old-kubernetes, Kubernetes 1.20.2 is built from Debian's source instead.`,
        { cause: error },
      );
    }
    options.log(error.message);
    return programsOf(await buildOldRelease(options), "OLD RELEASE, built from Debian's source");
  }
}

async function programsOf(directory: string, origin: string): Promise<Programs> {
  const paths = pathsIn(() => directory);
  const version = await versionOf(paths["kube-apiserver"]).catch((error: unknown) => {
    throw new ClusterProblem(`${wordsOf(error)} Remove ${directory} to have its programs built again.`);
  });
  return { version, origin: `${origin}, ${directory}`, paths };
}

/** Errors: `ClusterProblem` when nobody has allowed it. */
function warn(version: string, { allowOld, log }: FindOptions): void {
  if (allowOld !== true) {
    throw new ClusterProblem(
      `KUBEBUILDER_ASSETS holds Kubernetes ${version}; 1.27 is the oldest that is tested. ` +
        "With --allow-old-kubernetes it is used all the same.",
    );
  }
  log(`WARNING: THIS IS KUBERNETES ${version}, older than the oldest supported release (1.27).`);
}

/** The usual assets have no controller manager and no scheduler; ours serve when they are of the same minor version. */
async function fromAssets(assets: string, options: Omit<BuildOptions, "programs">): Promise<Programs> {
  const missing = controlPlanePrograms.filter((program) => !isExecutable(join(assets, program)));
  for (const program of ["etcd", "kube-apiserver"] as const) {
    if (missing.includes(program)) {
      throw new ClusterProblem(
        `KUBEBUILDER_ASSETS is ${assets}, and there is no ${program} that can be run. Correct it, or unset it to use programs built here.`,
      );
    }
  }
  const version = await versionOf(join(assets, "kube-apiserver"));
  const origin = `KUBEBUILDER_ASSETS ${assets}`;
  if (missing.length === 0) return { version, origin, paths: pathsIn(() => assets) };
  const built = await build({ ...options, programs: missing });
  if (minorOf(built.version) !== minorOf(version)) {
    throw new ClusterProblem(
      `KUBEBUILDER_ASSETS ${assets} has kube-apiserver ${version} but no ${missing.join(", ")}, and those built here are ${built.version}. ` +
        "Put them beside it, or unset KUBEBUILDER_ASSETS.",
    );
  }
  const added: readonly Program[] = missing;
  const paths = pathsIn((program) => (added.includes(program) ? built.directory : assets));
  return { version, origin: `${origin}; ${missing.join(", ")} ${built.version} from ${built.directory}`, paths };
}

function pathsIn(directoryOf: (program: ControlPlaneProgram) => string): Programs["paths"] {
  const path = (program: ControlPlaneProgram): string => join(directoryOf(program), program);
  return {
    etcd: path("etcd"),
    "kube-apiserver": path("kube-apiserver"),
    "kube-controller-manager": path("kube-controller-manager"),
    "kube-scheduler": path("kube-scheduler"),
    kubectl: path("kubectl"),
  };
}

/** What `kube-apiserver --version` says: "Kubernetes v1.35.4". Errors: `ClusterProblem`. */
async function versionOf(apiServer: string): Promise<string> {
  const { stdout } = await promisify(execFile)(apiServer, ["--version"]).catch((error: unknown) => {
    throw new ClusterProblem(`${apiServer} does not run here: ${wordsOf(error).trim()}.`);
  });
  const version = /v\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
  if (version === undefined) throw new ClusterProblem(`${apiServer} --version says ${JSON.stringify(stdout.trim())}.`);
  return version;
}

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
