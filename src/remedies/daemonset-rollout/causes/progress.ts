/** C35: what is still moving, and until when it may. */
import type { Situation } from "../situation.ts";
import type { Cause } from "./cause.ts";
import { crowded } from "./extra-pods.ts";
import { bootingNodes } from "./nodes.ts";
import { staleFrom } from "./stale.ts";
import { endingPods } from "./terminating.ts";

/** Something that is still moving, and when it would count as stuck. */
export interface Moving {
  until: number;
  /** A pod that uses its grace period; everything else may end at any moment. */
  ending?: true;
  /** It explains nothing that is found elsewhere, and that does not wait for it. */
  aside?: true;
  what: string;
}

/** What moves, what ends first being first. `creating`: nodes without a pod may still get one. */
export function moving(here: Situation, creating: boolean): Moving[] {
  const { settings, observation, at, orphans } = here;
  const podless = (creating ? here.podless : []).map((node) => ({
    until: (observation.podlessSince[node] ?? at) + settings.controllerSlackMs + 1000,
    what: `node ${node} waits for its pod`,
  }));
  return [
    ...here.starting.map(({ pod, until }) => ({
      until,
      what: `pod ${pod.name} on ${pod.node} is starting${pod.ready ? `: it is Ready and must stay so for ${observation.daemonSet.minReadySeconds} s (minReadySeconds)` : ""}`,
    })),
    ...endingPods(here).map(({ pod, until }) => ({
      until,
      ending: true as const,
      what: `pod ${pod.name} on ${pod.node} is ending within its grace period`,
    })),
    ...podless,
    ...bootingNodes(here).map(({ node, until }) => ({
      until,
      aside: true as const,
      what: `node ${node} is new and not Ready yet`,
    })),
    ...orphans
      .filter(({ bound }) => bound)
      .map(({ uid, name }) => ({
        // The pod garbage collector needs 40 s of quarantine and 20 s of its period; twice that is long (C19).
        until: (observation.orphanedSince[uid] ?? at) + settings.controllerSlackMs,
        what: `pod ${name} of a removed node waits for the garbage collection`,
      }))
      .filter(({ until }) => until > at),
    ...crowded(here)
      .map(({ node, newest }) => ({
        until: newest.createdAt + settings.controllerSlackMs + 1000,
        what: `pod ${newest.name} on ${node} is one too many, which the controller corrects`,
      }))
      .filter(({ until }) => until > at),
  ].sort((a, b) => a.until - b.until);
}

/** The controller has still time to bring a status up to date that differs from a healthy recount. */
export function freshening(here: Situation): Moving | undefined {
  const until = staleFrom(here);
  return until === undefined || until <= here.at
    ? undefined
    : { until, what: "all pods run; the controller has not counted them anew yet" };
}

export const progressCauses: readonly Cause[] = [
  {
    id: "C35",
    title: "slow, but progressing",
    signature:
      "A pod is within its start-up allowance, or within its grace period; a new node is not Ready yet; a node has been without its pod for less than two minutes; the controller has not seen the newest spec yet.",
    shownBy: "ages of pods, deletionTimestamp, the slowest sibling's start, startupProbe, minReadySeconds",
    helps: {
      delete: "no: the clock begins anew",
      restart: "no: the rollout begins anew",
      rollback: "no: nothing is known to be wrong",
    },
    forbidden: "every write",
    person: ["kubectl rollout status daemonset/{daemonset} -n {namespace}"],
    source: "pkg/controller/daemon/update.go",
  },
];
