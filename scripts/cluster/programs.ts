/** Which programs a control plane is made of: those of KUBEBUILDER_ASSETS, else those that this project builds. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BuildOptions } from "./build.ts";
import { build } from "./build.ts";
import { ClusterProblem, wordsOf } from "./problem.ts";
import type { Program } from "./recipe.ts";
import { controlPlanePrograms } from "./recipe.ts";

export type ControlPlaneProgram = (typeof controlPlanePrograms)[number];

export interface Programs {
  /** What kube-apiserver says of itself, for example "v1.35.4". */
  version: string;
  /** Where they come from, in words. */
  origin: string;
  paths: Readonly<Record<ControlPlaneProgram, string>>;
}

/** Builds what is missing. Errors: `ClusterProblem`. */
export async function findPrograms(options: Omit<BuildOptions, "programs">): Promise<Programs> {
  const assets = options.env.KUBEBUILDER_ASSETS;
  return assets ? fromAssets(assets, options) : fromBuild(options);
}

async function fromBuild(options: Omit<BuildOptions, "programs">): Promise<Programs> {
  const { directory } = await build({ ...options, programs: controlPlanePrograms });
  const paths = pathsIn(() => directory);
  return { version: await versionOf(paths["kube-apiserver"]), origin: `built from Go modules, ${directory}`, paths };
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
    throw new ClusterProblem(`${apiServer} does not run here: ${wordsOf(error)}.`);
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
