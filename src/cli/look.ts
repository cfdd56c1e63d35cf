/** One look of a command that writes nothing: what was read, judged target by target as `heal` would judge it. */
import type { LookConfig } from "../config/look-config.ts";
import { ownerOf } from "../engine/guards/owner.ts";
import { preview } from "../engine/proposal.ts";
import type { Target } from "../engine/types.ts";
import type { Kube } from "../kube/types.ts";
import type { Observation } from "../remedies/daemonset-rollout/facts.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import { reported } from "../remedies/daemonset-rollout/reported.ts";
import type { Surveyed } from "../remedies/daemonset-rollout/survey.ts";
import { survey } from "../remedies/daemonset-rollout/survey.ts";
import type { Unread } from "../remedies/daemonset-rollout/survey-lists.ts";
import type { LedgerLook, PoliciesInForce, TargetLook } from "../reporting/look.ts";
import type { CliContext } from "./context.ts";
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
    const looks = seen.found.map((each) => {
      const target = targetOf(each);
      const judged = judgeOne(each, { target, ledger: ledgerOf(target), policies, settings, unread });
      if (each.kind === "observed") observations.set(judged, each.observation);
      return judged;
    });
    return { at: seen.at, looks, policies, pause, unread: seen.unread, observationOf: (of) => observations.get(of) };
  } finally {
    line.clear();
  }
}

function targetOf(each: Surveyed): Target {
  const { namespace, name } = each.kind === "observed" ? each.observation.daemonSet : each.daemonSet;
  return { cluster: "", kind: daemonSetRollout.kind, namespace, name };
}

interface Judging extends Pick<LookConfig, "settings"> {
  target: Target;
  ledger: LedgerLook;
  policies: PoliciesInForce;
  unread: readonly string[];
}

/** A DaemonSet on which our own code fails must not hide the others. */
function judgeOne(each: Surveyed, judging: Judging): TargetLook {
  try {
    return each.kind === "observed" ? judged(each.observation, judging) : partly(each, judging);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "failed", target: judging.target, message };
  }
}

function judged(observation: Observation, { target, ledger, policies, settings, unread }: Judging): TargetLook {
  const remedy = daemonSetRollout;
  const { intents, others } = ledger.kind === "read" ? ledger : { intents: [], others: [] };
  // The rights of the account that repairs are not those of the person who looks.
  const proposing = { remedy, settings, policies: policies.flags, intents, others, mayPatchTemplate: true };
  const seen = preview(observation, proposing);
  const { kind } = seen.diagnosis;
  const blocked = {
    kind: "blocked",
    reason: "LedgerUnreadable",
    message: ledger.kind === "broken" ? ledger.message : "",
  } as const;
  return {
    kind: "judged",
    target,
    description: remedy.describe(observation, settings),
    preview:
      ledger.kind === "broken" && kind === "unhealthy"
        ? { ...seen, proposal: blocked, guards: [], veto: undefined }
        : seen,
    owner: ownerOf(remedy.guardFacts(observation, settings))?.name ?? "",
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
