/** Sets up one case's corner of a cluster, and takes it down again. */
import { namespaces, nodes as nodeResource, serviceAccounts } from "../../src/kube/resources.ts";
import { until } from "../support/until.ts";
import type { Bench, Case } from "./case.ts";
import { groundLabel } from "./case.ts";
import { createHttp } from "./http.ts";
import type { KubectlOptions } from "./kubectl.ts";
import { runKubectl } from "./kubectl.ts";
import type { World } from "./world.ts";

/** For what never comes: on a busy machine a namespace of a real control plane may take more than a minute to go. */
const patienceMs = 150_000;

async function ownNamespace(world: World, name: string): Promise<void> {
  await world.admin.create(namespaces, { metadata: { name, labels: { ...world.marks } } });
  await until(`ServiceAccount default in ${name}`, () =>
    world.admin.get(serviceAccounts, { namespace: name, name: "default" }).then(
      () => true,
      () => undefined,
    ),
  );
}

async function ownNodes(world: World, namespace: string, count: number) {
  const names = Array.from({ length: count }, (_, index) => `${namespace}-${index + 1}`);
  const running = await world.addNodes(names);
  const body = { metadata: { labels: { [groundLabel]: namespace } } };
  await Promise.all(names.map((name) => world.admin.patch(nodeResource, { name }, { type: "merge", body })));
  return {
    names,
    async stop() {
      await Promise.all(names.map((name) => world.admin.delete(nodeResource, { name }).catch(() => undefined)));
      await running.stop();
    },
  };
}

/** Runs the case in a namespace called `namespace`. Rejects with what the case found. */
export async function runCase(
  { nodes: count = 0, run }: Case,
  setting: { world: World; namespace: string; kubectlFile: string },
): Promise<void> {
  const { world, namespace, kubectlFile } = setting;
  await ownNamespace(world, namespace);
  const nodes = count > 0 ? await ownNodes(world, namespace, count) : undefined;
  const tryKubectl = (args: readonly string[], options?: KubectlOptions) =>
    runKubectl(
      { file: kubectlFile, kubeconfig: world.kubeconfig, home: world.scratch },
      ["--namespace", namespace, ...args],
      options,
    );
  const bench: Bench = {
    world,
    kube: world.admin,
    http: createHttp(world.url, world.identity),
    namespace,
    nodes: nodes?.names ?? [],
    tryKubectl,
    async kubectl(args, options) {
      const { code, stdout, stderr } = await tryKubectl(args, options);
      if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr}`);
      return stdout;
    },
    until: (what, look, options) => until(what, look, { withinMs: patienceMs, ...options }),
  };
  try {
    await run(bench);
  } finally {
    // Nobody waits for the rest: the cluster ends when all cases have.
    await world.admin.delete(namespaces, { name: namespace }).catch(() => undefined);
    await nodes?.stop();
  }
}
