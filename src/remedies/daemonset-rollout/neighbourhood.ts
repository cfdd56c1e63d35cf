/** The neighbours of every DaemonSet of a survey, from what the survey has read already (pure). */
import type { Neighbour } from "../../engine/guards/common-cause.ts";
import { classOf } from "../../engine/guards/workload-class.ts";
import type { Settings } from "../../engine/types.ts";
import type { Observation } from "./facts.ts";
import { guardFacts } from "./guard-facts.ts";

/** Those with pods in trouble. `ref` is "namespace/name". */
export function neighbourhood(observations: readonly Observation[], settings: Settings): Neighbour[] {
  return observations.flatMap((observation) => {
    const { namespace, name, images, structure, nodes } = guardFacts(observation, settings);
    const pods = nodes.flatMap(({ name: node, troubledSince: since }) =>
      since === undefined ? [] : [{ node, since }],
    );
    return pods.length === 0
      ? []
      : [{ ref: `${namespace}/${name}`, classified: classOf(structure, { name, images }), pods }];
  });
}
