/** The node's present faults and what follows from them for its pods. */
import type { Faults, PullFault } from "./faults.ts";
import { faultsOf } from "./faults.ts";
import type { HeldPod } from "./held-pod.ts";
import { failPod } from "./runtime/advance.ts";
import type { Effect, World } from "./runtime/types.ts";

/** Why a pod that comes to a node under disk pressure is not run. */
export const rejection = {
  reason: "Evicted",
  message: "Pod was rejected: The node had condition: [DiskPressure]. ",
} as const;

const eviction = {
  reason: "Evicted",
  message: "The node was low on resource: ephemeral-storage. Threshold quantity: 5Gi, available: 1Gi. ",
} as const;

const PULL_FAULTS: readonly PullFault[] = ["denied", "timeout", "platform"];

export interface NodeFaults {
  readonly current: Faults;
  /** Takes over new faults and lets them act on the pods that are there; false when nothing changed. */
  change(next: Faults, pods: Iterable<HeldPod>, perform: (pod: HeldPod, effects: Effect[]) => void): boolean;
  /** A pod's surroundings. */
  world(pod: HeldPod): World;
}

/** A sound node, until told otherwise. */
export function createNodeFaults(now: () => number): NodeFaults {
  let current = faultsOf(undefined);
  /** Which pod has taken a crash-once fault, by image. */
  const taken = new Map<string, string>();

  function evict(pod: HeldPod, perform: (pod: HeldPod, effects: Effect[]) => void): void {
    const { runtime } = pod;
    if (runtime.verdict !== undefined || runtime.stopping !== undefined) return;
    const effects: Effect[] = [];
    failPod(runtime, eviction, now(), effects);
    perform(pod, [...effects, { kind: "event", type: "Warning", ...eviction }]);
  }

  return {
    get current() {
      return current;
    },
    change(next, pods, perform) {
      const before = current;
      if (JSON.stringify(before) === JSON.stringify(next)) return false;
      current = next;
      for (const image of taken.keys()) if (!next.crashOnce.includes(image)) taken.delete(image);
      for (const pod of pods) {
        if (next.dead && !before.dead) pod.killAll();
        if (next.unready !== before.unready) pod.runtime.unready = next.unready;
        if (next.diskPressure && !before.diskPressure) evict(pod, perform);
      }
      return true;
    },
    world: (pod) => ({
      now: now(),
      missing: (container) => pod.missing(container),
      unmounted: pod.unmounted(),
      wedged: current.wedged,
      noSandbox: current.noSandbox,
      pullFault: (image) => PULL_FAULTS.find((fault) => current.pulls[fault].includes(image)),
      hasMoved: (image) => current.moved.includes(image),
      crashes: (image) => current.crash.includes(image),
      claimsCrashOnce(image) {
        if (!current.crashOnce.includes(image)) return false;
        const { uid } = pod.runtime.pod.metadata;
        if (!taken.has(image)) taken.set(image, uid);
        return taken.get(image) === uid;
      },
    }),
  };
}
