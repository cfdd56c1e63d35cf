/** A suite on a cluster of the user's: the guard before it, the removal of everything after it, whatever became of it. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDirectory } from "../../scripts/cluster/build.ts";
import type { Undertaking } from "../../scripts/cluster/foreign/guard.ts";
import { examine, requireConsent } from "../../scripts/cluster/foreign/guard.ts";
import { selectorOf } from "../../scripts/cluster/foreign/names.ts";
import type { Remainder } from "../../scripts/cluster/foreign/remains.ts";
import {
  checkNobodyIsAtWork,
  findRemains,
  removeRemains,
  wordsOfRemainder,
} from "../../scripts/cluster/foreign/remains.ts";
import type { Target } from "../../scripts/cluster/foreign/target.ts";
import { openTarget } from "../../scripts/cluster/foreign/target.ts";
import { ClusterProblem, wordsOf } from "../../scripts/cluster/problem.ts";
import { locked } from "../../scripts/cluster/record.ts";
import type { Flags, MainContext, SuiteName } from "./main.ts";
import { undertakingOf } from "./undertakings.ts";
import { runVitest } from "./vitest.ts";

export interface ForeignRun {
  flags: Flags & { kubeconfig?: string };
  /** For vitest itself. */
  vitestArgs: readonly string[];
  context: MainContext;
}

const defaultNamespace = "operarius-test";

/** Returns the exit code. Errors: `ClusterProblem` when the cluster is refused or nobody agrees; then nothing was written. */
export async function runForeign(suite: SuiteName, { flags, vitestArgs, context }: ForeignRun): Promise<number> {
  const { kubeconfig = "", namespace = defaultNamespace, allowOldKubernetes, yes } = flags;
  const { env, out, ask } = context;
  const allowOld = allowOldKubernetes === true;
  const target = await openTarget({ kubeconfig, ...(flags.context !== undefined && { context: flags.context }) });
  try {
    const undertaking = undertakingOf(suite, namespace);
    const { lines, remains } = await examine(target, undertaking, { allowOld });
    for (const line of lines) out(line);
    const isNamespaceGiven = flags.namespace !== undefined;
    await requireConsent(target, { yes: yes === true, isNamespaceGiven, ...(ask !== undefined && { ask }) });
    const directory = join(cacheDirectory(env), `foreign-${namespace}`);
    return await locked(directory, async () => {
      await checkNobodyIsAtWork(target.kube, remains, () => sleep(6_000, undefined, { signal: context.signal }));
      await clean(target, undertaking, { context, remains, when: "before" });
      const files = join(directory, "run");
      mkdirSync(files, { recursive: true, mode: 0o700 });
      const foreign = { kubeconfig, context: target.context, namespace, directory: files };
      const settings = { allowOld, foreign };
      const code = await runVitest({ ...context, suite, settings, args: vitestArgs });
      const isClean = await clean(target, undertaking, { context, when: "after" });
      // Said again where it is read: what was skipped has not passed.
      for (const line of undertaking.differs) out(line);
      if (context.signal.aborted) return 3;
      return code === 0 && !isClean ? 1 : code;
    }).finally(() => rmSync(directory, { recursive: true, force: true }));
  } finally {
    target.kube.close();
  }
}

const removalMs = 120_000;

interface Cleaning {
  context: MainContext;
  /** Default: what is found. */
  remains?: readonly Remainder[];
  when: "before" | "after";
}

/** Whether everything of ours is gone. Before the tests it must be; after them it is said what is left, and how to remove it. */
async function clean(target: Target, { namespace }: Undertaking, cleaning: Cleaning): Promise<boolean> {
  const { context, when } = cleaning;
  let left: readonly Remainder[];
  try {
    const remains = cleaning.remains ?? (await findRemains(target.kube, namespace));
    if (remains.length === 0) return true;
    context.out(`removing ${remains.length} objects of ours and what is in them ...`);
    left = await removeRemains(target.kube, remains, {
      deadlineMs: removalMs,
      now: Date.now,
      pause: () => sleep(500),
    });
  } catch (error) {
    const kubectl = kubectlOf(target);
    throw new ClusterProblem(
      `the cluster could not be cleaned: ${wordsOf(error)}. What carries our label may be left; remove it by\n` +
        `  ${kubectl} delete namespaces,nodes,clusterroles,clusterrolebindings,customresourcedefinitions -l ${selectorOf(namespace)}`,
    );
  }
  if (left.length === 0) {
    context.out("removed: nothing of ours is left in the cluster");
    return true;
  }
  const commands = left.map((each) => `  ${kubectlOf(target)} delete ${wordsOfRemainder(each)}`).join("\n");
  const message = `still there after ${removalMs / 1000} s; remove them by\n${commands}`;
  if (when === "before") throw new ClusterProblem(`what an earlier run has left is ${message}`);
  context.err(`left in the cluster: these are ${message}`);
  return false;
}

function kubectlOf({ kubeconfig, context }: Target): string {
  return `kubectl --kubeconfig ${kubeconfig} --context ${context}`;
}
