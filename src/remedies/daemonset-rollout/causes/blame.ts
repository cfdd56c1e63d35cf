/** Whether the new revision itself is to blame for a pod's trouble, where none of its pods runs (pure). FAILURES §3.7 and §4. */

import type { RevisionFacts } from "../facts.ts";
import { isAvailable } from "../recount.ts";
import type { Situation, TroubledPod } from "../situation.ts";
import { isNetwork } from "./config.ts";
import type { Trouble } from "./trouble.ts";
import { registryOf } from "./trouble.ts";

/** `why` is a sentence for a person; undefined = revision or node, nobody knows. */
export type Blame = { revision: true } | { revision: false; why: string | undefined };

const REVISION: Blame = { revision: true };
const UNKNOWN: Blame = { revision: false, why: undefined };
/** Neither the revision nor the pod. */
export const SURROUNDINGS = "Neither a new pod nor another template changes that.";

function person(why: string): Blame {
  return { revision: false, why };
}

/** C01: an image that the proven revision names, too, was there once: a rollback would miss it the same way. */
function absentImage({ container = "" }: Trouble, proven: RevisionFacts, here: Situation): Blame {
  const { images } = here.observation.daemonSet.template;
  if (images[container] === undefined || images[container] !== proven.images[container]) return REVISION;
  return person(
    `Revision ${proven.number} names the same image, so a rollback would miss it the same way: put the image back, or name another one.`,
  );
}

/** C02: only a registry or a pull secret that the new revision brought can be its fault. */
function deniedPull({ container = "" }: Trouble, proven: RevisionFacts, here: Situation): Blame {
  const { template } = here.observation.daemonSet;
  const now = template.images[container];
  // Another container of the proven revision may have used the registry: then the new one did not bring it.
  const known = new Set(Object.values(proven.images).map(registryOf));
  const isNew = now !== undefined && !known.has(registryOf(now));
  if (isNew || proven.admission.pullSecrets !== template.admission.pullSecrets) return REVISION;
  return person(
    `Revision ${proven.number} uses the same registry and the same pull secrets, so a rollback may be denied the same way. The kubelet tries again by itself once the credentials are right.`,
  );
}

/** C09: what runs out of memory under both revisions has too much to do. */
function outOfMemory(proven: RevisionFacts, { observation }: Situation): Blame {
  const { daemonSet, pods } = observation;
  if (proven.admission.requests !== daemonSet.template.admission.requests) return REVISION;
  const older = pods.find(
    (pod) =>
      pod.revisionHash === proven.hash &&
      pod.containers.some(({ lastTerminated, terminated }) =>
        [lastTerminated, terminated].some((end) => end?.reason === "OOMKilled"),
      ),
  );
  if (!older) return REVISION;
  return person(
    `The limits are those of revision ${proven.number}, whose pod ${older.name} ran out of memory, too: it is the load, not the revision.`,
  );
}

/** The part of a reference that a message can name. */
function nameOf(reference: string): string {
  return reference.slice(reference.indexOf("/") + 1);
}

function mentions(words: string, name: string): boolean {
  const [object = "", key] = name.split(":", 2);
  // Every occurrence counts: a volume or a pod may be named after what is missing, with more to its name.
  const has = (text: string): boolean =>
    new RegExp(`(?<![\\w.-])${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`).test(words);
  return has(object) && (key === undefined || has(key));
}

/** C10, C11: a reference that the proven revision has, too, has vanished; one that it has not is the new revision's. */
function missing({ cause, words = "" }: Trouble, proven: RevisionFacts, here: Situation): Blame {
  const { template } = here.observation.daemonSet;
  // The key of a ConfigMap says more than its name; the longest name is the one that is meant.
  const named = template.references
    .filter((reference) => mentions(words, nameOf(reference)))
    .sort((a, b) => b.length - a.length)[0];
  if (named === undefined) {
    const volume = /volume "([^"]+)"/.exec(words)?.[1] ?? "";
    const isNew = template.volumes.includes(volume) && !proven.volumes.includes(volume);
    return isNew || cause === "C10" ? REVISION : UNKNOWN;
  }
  if (!proven.references.includes(named)) return REVISION;
  return person(
    `Revision ${proven.number} needs ${named}, too: it has vanished or cannot be used, and a rollback would miss it the same way.`,
  );
}

/** True when the new revision asks for more than the proven one did. */
export function asksForMore(proven: RevisionFacts, { observation }: Pick<Situation, "observation">): boolean {
  const before = proven.admission;
  const now = observation.daemonSet.template.admission;
  if (before.requests === now.requests) return false;
  const isLess = now.cpuMilli <= before.cpuMilli && now.memoryBytes <= before.memoryBytes;
  return !isLess || (now.cpuMilli === before.cpuMilli && now.memoryBytes === before.memoryBytes);
}

/** What a person is told about a pod that no node takes, as far as it is known. */
function waiting({ reason, sentence }: Trouble, { observation }: Situation): string {
  if (reason === "NotScheduled" && observation.daemonSet.template.schedulerName !== "default-scheduler")
    return "A new pod would wait the same way: start that scheduler, or correct schedulerName in the template.";
  if (reason === "Unschedulable" && !/Insufficient|Too many pods/.test(sentence))
    return "A new pod would wait the same way: the scheduler's words tell whether the node or the template has to change.";
  return SURROUNDINGS;
}

const NO_BUILD =
  "A new pod would fail the same way: the image needs a build for this node's platform, or the template must leave such nodes out.";

/** Why nothing that may be written helps a pod whose revision runs elsewhere. */
export function beyondWrites(trouble: Trouble, here: Situation): string {
  const { proven } = here;
  switch (trouble.cause) {
    case "C01":
      return "Pods that are well have this image already: it must come back to its registry or onto this node, or the template must name another one.";
    case "C10":
      return "The kubelet tries again by itself once what the message names is put right; a new pod would wait for the same.";
    case "C13":
      return proven && trouble.reason === "Unschedulable" && asksForMore(proven, here)
        ? `The new revision asks for more than revision ${proven.number}: make room there, or let the template ask for less.`
        : waiting(trouble, here);
    case "C28":
      return NO_BUILD;
    default:
      return SURROUNDINGS;
  }
}

/** C13: only what the new revision asks for in addition can be its fault. */
function unschedulable(trouble: Trouble, proven: RevisionFacts, here: Situation): Blame {
  const { reason } = trouble;
  const { template } = here.observation.daemonSet;
  const isMore =
    reason === "HostPortTaken"
      ? proven.admission.hostPorts !== template.admission.hostPorts
      : reason === "Unschedulable" && asksForMore(proven, here);
  return isMore ? REVISION : person(waiting(trouble, here));
}

/** Who is to blame for one troubled pod of the present revision, while none of its pods is available. */
export function blame({ trouble }: TroubledPod, here: Situation): Blame {
  const { proven } = here;
  if (trouble.cause === "C01" && trouble.blame === "template" && proven) return absentImage(trouble, proven, here);
  if (trouble.blame === "template") return REVISION;
  switch (trouble.cause) {
    case "C02":
      return proven ? deniedPull(trouble, proven, here) : person(SURROUNDINGS);
    case "C13":
      return proven ? unschedulable(trouble, proven, here) : person(waiting(trouble, here));
    case "C12": {
      // A CNI that starts nowhere is its own revision's doing; one pod without a sandbox speaks of its node.
      const all = here.bad.filter((other) => other.trouble.cause === "C12").length;
      return isNetwork(here.observation.daemonSet.template) && all > 1 ? REVISION : UNKNOWN;
    }
    case "C42":
      return UNKNOWN;
    default:
  }
  if (trouble.blame === "surroundings") return person(trouble.cause === "C28" ? NO_BUILD : SURROUNDINGS);
  if (trouble.ranBefore) return UNKNOWN;
  if (!proven) return REVISION;
  if (trouble.cause === "C09") return outOfMemory(proven, here);
  return trouble.cause === "C10" || trouble.cause === "C11" ? missing(trouble, proven, here) : REVISION;
}

/** Available pods that a rollback to the proven revision would replace. */
export function restartsOfRollback({ observation, proven, at }: Situation): number {
  const { daemonSet, pods } = observation;
  return pods.filter((pod) => pod.revisionHash !== proven?.hash && isAvailable(pod, daemonSet.minReadySeconds, at))
    .length;
}
