/** What a DaemonSet's own status and its pods' show where the rest could not be read (pure): no count, no cause, no plan. */
import type { DaemonSetFacts, PodFacts } from "./facts.ts";
import { alertHolds } from "./recount.ts";

/** Pods by what they wait for, the most frequent first: "3 ImagePullBackOff, 1 not Ready". */
function shown(pods: readonly PodFacts[]): string {
  const counts = new Map<string, number>();
  for (const { ready, reason, containers } of pods) {
    if (ready) continue;
    const word = reason || containers.find(({ waiting }) => waiting)?.waiting?.reason || "not Ready";
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([word, count]) => `${count} ${word}`)
    .join(", ");
}

/** `isStuck` says what the status claims; `message` what its pods show, else what the status claims. */
export function reported(
  daemonSet: DaemonSetFacts,
  pods: readonly PodFacts[] | undefined,
): { isStuck: boolean; message: string } {
  const { status, generation, observedGeneration } = daemonSet;
  const behind = generation !== observedGeneration;
  const words = shown(pods ?? []);
  const claim = `reported: ${status.available} of ${status.desired} available, ${status.updated} up to date${behind ? ", spec not observed" : ""}`;
  return { isStuck: behind || alertHolds(status) || words !== "", message: words === "" ? claim : words };
}
