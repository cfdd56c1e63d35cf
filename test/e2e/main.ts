/** `npm run test:e2e`: from Prometheus and Alertmanager to the healed node, on a real control plane. Called by run.mjs. */
import { join } from "node:path";
import { cacheDirectory } from "../../scripts/cluster/build.ts";
import { ClusterProblem } from "../../scripts/cluster/problem.ts";
import { endRecorded, locked, nameAndPid } from "../../scripts/cluster/record.ts";
import { CannotRun } from "../support/tools/cannot-run.ts";
import { findControlPlane } from "../support/tools/control-plane.ts";
import type { Environment } from "../support/tools/run.ts";
import type { ChainOptions } from "./chain.ts";
import { startChain } from "./chain.ts";
import type { Variant } from "./scene.ts";
import { tell } from "./story.ts";
import { findExporter } from "./tools/exporter.ts";
import { findServers } from "./tools/servers.ts";

export interface MainContext {
  env: Environment;
  /** The checkout. */
  root: string;
  /** Existing folder inside the checkout; the caller removes it. */
  scratch: string;
  isRoot: boolean;
  signal: AbortSignal;
  out: (line: string) => void;
}

/** One story for each way of Alertmanager to prove who it is. */
export const variants: readonly Variant[] = [
  { method: "none", rule: "guarded", honorLabels: true, node: "n4", outage: "the API server" },
  { method: "basic", rule: "plain", honorLabels: true, cluster: "blue", node: "n3", repeats: true },
  { method: "bearer", rule: "guarded", honorLabels: false, node: "n2", outage: "the server" },
];

/** Arguments: the methods to play (default: all). Returns the exit code: 0 passed or not run, 1 failed, 2 usage, 3 interrupted. */
export async function main(args: readonly string[], context: MainContext): Promise<number> {
  const { out, signal } = context;
  const chosen = variants.filter(({ method }) => args.length === 0 || args.includes(method));
  if (chosen.length < args.length || chosen.length === 0) {
    out(`usage: npm run test:e2e -- [${variants.map(({ method }) => method).join("|")} ...]`);
    return 2;
  }
  try {
    return await play(chosen, context);
  } catch (error) {
    if (signal.aborted) {
      out("interrupted; what was started has been ended");
      return 3;
    }
    if (error instanceof CannotRun) {
      out(`not run: ${error.message}`);
      return 0;
    }
    out(error instanceof ClusterProblem ? error.message : textOf(error));
    out(`ran 0, failed ${chosen.length}`);
    return 1;
  }
}

async function play(chosen: readonly Variant[], context: MainContext): Promise<number> {
  const { env, out, root } = context;
  const log = (line: string): void => out(`  ${line}`);
  const cache = cacheDirectory(env);
  const tools = { ...context, cache, log };
  const servers = await findServers(tools);
  const exporter = await findExporter(tools);
  const programs = await findControlPlane({ ...context, log });
  const directory = join(cache, "e2e");
  return locked(directory, async () => {
    const left = await endRecorded(directory);
    if (left.length > 0) log(`ended what an earlier run has left: ${left.map(nameAndPid).join(", ")}`);
    const failed = await playAll(chosen, { ...context, programs, servers, exporter, directory, log }, root);
    if (failed > 0) log(`the logs are in ${directory}`);
    out(`ran ${chosen.length}, failed ${failed}`);
    return failed === 0 ? 0 : 1;
  });
}

async function playAll(
  chosen: readonly Variant[],
  options: ChainOptions & { out: (line: string) => void },
  root: string,
): Promise<number> {
  const { out, signal } = options;
  const chain = await startChain(options);
  let failed = 0;
  try {
    out(`Kubernetes ${chain.version}, kube-state-metrics ${options.exporter.version}, ${await chain.versions()}`);
    for (const variant of chosen) {
      try {
        await tell(chain, variant, { root, out });
      } catch (error) {
        signal.throwIfAborted();
        failed += 1;
        out(`  FAILED: ${textOf(error)}`);
      }
    }
  } finally {
    await chain.stop();
  }
  return failed;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
