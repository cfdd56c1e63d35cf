/** Watches how the pods of our image are confined while they run: a Job's pod is gone a few seconds later. */
import type { Kube } from "../../src/kube/types.ts";
import { keepPodHistory } from "../scenarios/pod-history.ts";
import type { Confinement } from "./confinement.ts";
import { confinementsOf } from "./confinement.ts";

export interface Confinements {
  /** What was seen of each pod's processes, by the pod's name; undefined = its program was never seen. */
  find(pod: string): readonly Confinement[] | undefined;
  stop(): void;
}

/** A Job's program runs for seconds. */
const periodMs = 100;

/** Resolves when it watches. */
export async function watchConfinements(kube: Kube, namespace: string): Promise<Confinements> {
  const history = await keepPodHistory(kube, namespace);
  const seen = new Map<string, readonly Confinement[]>();
  const timer = setInterval(() => {
    for (const { name, uid } of history.all().filter((pod) => !seen.has(pod.name))) {
      const found = confinementsOf(uid);
      if (found.length > 0) seen.set(name, found);
    }
  }, periodMs);
  return {
    find: (pod) => seen.get(pod),
    stop() {
      clearInterval(timer);
      history.stop();
    },
  };
}
