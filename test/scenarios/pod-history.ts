/** Remembers every pod of a namespace as it was last seen before it was told to go: the log of deletions names pods only. */
import { startReflector } from "../../src/kube/reflector.ts";
import { pods } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import type { PodView } from "./pod-view.ts";
import { viewOf } from "./pod-view.ts";

export interface PodHistory {
  /** By name; undefined = never seen. */
  find(name: string): PodView | undefined;
  all(): PodView[];
  stop(): void;
}

/** Resolves when it watches. */
export async function keepPodHistory(kube: Kube, namespace: string): Promise<PodHistory> {
  const seen = new Map<string, PodView>();
  const reflector = startReflector({
    kube,
    resource: pods,
    namespace,
    project: (pod) => {
      const view = viewOf(pod);
      if (!view.terminating || !seen.has(view.name)) seen.set(view.name, view);
      return view;
    },
  });
  await reflector.synced;
  return { find: (name) => seen.get(name), all: () => [...seen.values()], stop: () => reflector.stop() };
}
