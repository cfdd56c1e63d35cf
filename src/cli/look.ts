/** One look of a command that writes nothing: what was read, judged target by target as `heal` would judge it. */
import type { LookConfig } from "../config/look-config.ts";
import { ownerOf } from "../engine/guards/owner.ts";
import type { Target } from "../engine/types.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import type { Kube } from "../kube/types.ts";
import type { Observation } from "../remedies/daemonset-rollout/facts.ts";
import { neighbourhood } from "../remedies/daemonset-rollout/neighbourhood.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import { reported } from "../remedies/daemonset-rollout/reported.ts";
import type { Survey, Surveyed } from "../remedies/daemonset-rollout/survey.ts";
import { survey } from "../remedies/daemonset-rollout/survey.ts";
import type { Unread } from "../remedies/daemonset-rollout/survey-lists.ts";
import type { PoliciesInForce, TargetLook } from "../reporting/look.ts";
import type { CliContext } from "./context.ts";
import type { JudgeInput, Nearby } from "./judge-look.ts";
import { previewOf } from "./judge-look.ts";
import { createProgressLine } from "./progress-line.ts";
import { readSurroundings } from "./surroundings.ts";

export interface Looked {
  at: number;
  looks: readonly TargetLook[];
  policies: PoliciesInForce;
  /** Why nothing may be written at present; "" = nothing is known to stand in the way. */
  pause: string;
  unread: readonly Unread[];
  /** The facts behind a look; undefined where it was not judged. */
  observationOf(look: TargetLook): Observation | undefined;
}

/** Reads and judges. Rejects as `survey` and `readSurroundings` do. */
export async function look(kube: Kube, config: LookConfig, context: CliContext): Promise<Looked> {
  const { scope, settings } = config;
  const { signal, now } = context;
  const line = createProgressLine(context);
  try {
    const [seen, surroundings] = await Promise.all([
      survey({ kube, scope, settings, signal, now, progress: line.count }),
      readSurroundings({
        kube,
        namespace: config.installationNamespace,
        policies: config.policies,
        targets: scope.namespace,
        signal,
        now,
      }),
    ]);
    const { policies, pause, ledgerOf } = surroundings;
    const unread = seen.unread.map(({ what }) => what);
    const observations = new Map<TargetLook, Observation>();
    const nearby = createNearby({ kube, config, seen });
    const looks: TargetLook[] = [];
    for (const each of seen.found) {
      const target = targetOf(each);
      const judging = { target, ledger: ledgerOf(target), policies: policies.flags, settings, unread, nearby };
      const judged = await judgeOne(each, judging);
      if (each.kind === "observed") observations.set(judged, each.observation);
      looks.push(judged);
    }
    return { at: seen.at, looks, policies, pause, unread: seen.unread, observationOf: (of) => observations.get(of) };
  } finally {
    line.clear();
  }
}

function targetOf(each: Surveyed): Target {
  const { namespace, name } = each.kind === "observed" ? each.observation.daemonSet : each.daemonSet;
  return { cluster: "", kind: daemonSetRollout.kind, namespace, name };
}

/** The other DaemonSets in trouble: known already where all were read, else asked for. */
function createNearby({ kube, config, seen }: { kube: Kube; config: LookConfig; seen: Survey }): Nearby {
  const { scope, settings } = config;
  const whole = scope.kind === "many" && scope.namespace === undefined && scope.labelSelector === undefined;
  if (!whole) return (target, query, at) => daemonSetRollout.surroundings({ kube, target, settings, at }, query);
  const observations = seen.found.flatMap((each) => (each.kind === "observed" ? [each.observation] : []));
  const all = neighbourhood(observations, settings);
  return async ({ namespace, name }) => ({
    kind: "read",
    neighbours: all.filter(({ ref }) => ref !== `${namespace}/${name}`),
  });
}

interface Judging extends JudgeInput {
  unread: readonly string[];
}

/** A DaemonSet on which our own code fails must not hide the others; what the API server says is for all of them. */
async function judgeOne(each: Surveyed, judging: Judging): Promise<TargetLook> {
  try {
    return each.kind === "observed" ? await judged(each.observation, judging) : partly(each, judging);
  } catch (error) {
    if (error instanceof StatusError || error instanceof TransportError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "failed", target: judging.target, message };
  }
}

async function judged(observation: Observation, judging: Judging): Promise<TargetLook> {
  const { target, ledger, settings, unread } = judging;
  return {
    kind: "judged",
    target,
    description: daemonSetRollout.describe(observation, settings),
    preview: await previewOf(observation, judging),
    owner: ownerOf(daemonSetRollout.guardFacts(observation, settings))?.name ?? "",
    changedAt: observation.daemonSet.specChangedAt,
    ledger,
    unread: [...new Set([...observation.unread, ...unread])],
  };
}

function partly({ daemonSet, pods }: Extract<Surveyed, { kind: "partly" }>, { target, unread }: Judging): TargetLook {
  const { desired, available } = daemonSet.status;
  return {
    kind: "partly",
    target,
    counts: { desired, available },
    ...reported(daemonSet, pods),
    owner: ownerOf(daemonSet)?.name ?? "",
    changedAt: daemonSet.specChangedAt,
    unread,
  };
}
