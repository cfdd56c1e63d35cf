/** What the DaemonSets of a scope are by their own spec, without their pods and nodes: two lists, and nothing is watched. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { GuardFacts, Settings } from "../../engine/types.ts";
import type { Live } from "../../kube/types.ts";
import { assemble } from "./assemble.ts";
import { guardFacts } from "./guard-facts.ts";
import type { SurveyOptions, Unread } from "./survey-lists.ts";
import { readDaemonSets, readNamespaces } from "./survey-lists.ts";

export interface Inventory {
  at: number;
  found: readonly { namespace: string; name: string; facts: GuardFacts }[];
  unread: readonly Unread[];
}

/** Rejects as `survey` does. */
export async function inventory(options: SurveyOptions): Promise<Inventory> {
  const reader = { ...options, unread: [] };
  const sets = await readDaemonSets(reader);
  const annotations = sets.length === 0 ? new Map() : await readNamespaces(reader);
  const at = options.now();
  const found = sets.map((daemonSet) => {
    const { namespace = "", name } = daemonSet.metadata;
    return {
      namespace,
      name,
      facts: factsOf(daemonSet, annotations.get(namespace), { at, settings: options.settings }),
    };
  });
  return { at, found, unread: reader.unread };
}

/** How many pods there should be is taken from the status: it is a limit here, and nothing is judged by it. */
function factsOf(
  daemonSet: Live<DaemonSet>,
  namespaceAnnotations: Readonly<Record<string, string>> | undefined,
  { at, settings }: { at: number; settings: Settings },
): GuardFacts {
  const observation = assemble({ at, daemonSet, revisions: [], pods: [], nodes: [], namespaceAnnotations, salt: "" });
  return { ...guardFacts(observation, settings), desired: observation.daemonSet.status.desired };
}
