/** The remedy for stuck DaemonSet rollouts, as the engine sees it. */
import type { Remedy } from "../../engine/types.ts";
import { describe } from "./describe.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import { fingerprint } from "./fingerprint.ts";
import { guardFacts, mostlyWorks } from "./guard-facts.ts";
import { readSurroundings } from "./neighbours.ts";
import { nodeStates } from "./node-states.ts";
import { openView } from "./observe.ts";
import { plan } from "./plan.ts";
import { slowestStart } from "./standing.ts";
import { verify } from "./verify.ts";

export const daemonSetRollout: Remedy<Observation> = {
  name: "daemonset-rollout",
  kind: "DaemonSet",
  alerts: ["KubeDaemonSetRolloutStuck"],
  open: openView,
  surroundings: readSurroundings,
  diagnose,
  plan,
  verify,
  guardFacts,
  describe,
  nodeStates,
  mostlyWorks,
  fingerprint,
  waveMs: ({ daemonSet, pods }, settings) =>
    Math.max(daemonSet.template.gracePeriodMs * (settings.pace === "fast" ? 0.1 : 1), 1000) +
    2 * slowestStart(pods) +
    2 * settings.requestTimeoutMs * (settings.pace === "fast" ? 0.1 : 1),
};
