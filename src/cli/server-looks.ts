/** The server's looks at targets: what a Job would observe, conclude and plan, read-only and with the server's own rights. */
import type { Edit, Look, LookRequest, Looks } from "../control/looks.ts";
import { Stalled } from "../engine/errors.ts";
import type { Preview } from "../engine/proposal.ts";
import { planMark } from "../engine/proposal.ts";
import { redact } from "../engine/redact.ts";
import type { Health, Settings } from "../engine/types.ts";
import { isForbidden } from "../kube/errors.ts";
import { isObjectName } from "../kube/paths.ts";
import type { Kube } from "../kube/types.ts";
import type { Target } from "../operarius/target.ts";
import type { Observation } from "../remedies/daemonset-rollout/facts.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import { listNodes, survey } from "../remedies/daemonset-rollout/survey.ts";
import type { Logger } from "../reporting/log.ts";
import { findingsOf } from "../reporting/look.ts";
import type { JobRepair } from "./heal-flags.ts";
import { repairOfJob } from "./heal-flags.ts";
import { previewOf } from "./judge-look.ts";
import { atMost, rememberTargets, shareNodes } from "./look-memory.ts";
import { ledgerReader } from "./surroundings.ts";

/** Looks at once; each holds the pods of one DaemonSet. */
const AT_ONCE = 4;

export interface LooksOptions {
  kube: Kube;
  /** Where the ledger is. */
  installationNamespace: string;
  pace: Settings["pace"];
  now: () => number;
  /** Ends looks under way. */
  signal: AbortSignal;
  log: Logger;
}

/** See the port. Nothing is watched; what a look needs is listed, the nodes once for all looks within ten seconds. */
export function createLooks(options: LooksOptions): Looks {
  const { kube, signal, now, pace, log } = options;
  const nodes = shareNodes(() => listNodes({ kube, signal }), now);
  const remember = rememberTargets();
  const inTurn = atMost(AT_ONCE);

  async function look(request: LookRequest): Promise<Look> {
    signal.throwIfAborted();
    const { target, jobArguments } = request;
    const repair = repairFor(target, jobArguments, pace);
    if (repair === undefined)
      return unread(now(), "The server looks at DaemonSets whose Job runs heal daemonset only.");
    const seen = await observe(target, { ...options, settings: repair.settings, nodes, remember });
    if (seen.kind !== "observed") return seen.look;
    const { observation } = seen;
    const preview = await judge(observation, repair, options);
    return summary(observation, preview, { settings: repair.settings, sinceMs: request.sinceMs });
  }

  return {
    knows: (target, jobArguments) => repairFor(target, jobArguments, pace) !== undefined,
    look: (request) =>
      inTurn(async () => {
        const result = await look(request);
        log.debug({ target: request.target, look: result }, "looked");
        return result;
      }),
  };
}

/** How a Job with these arguments would repair this target; undefined when it would repair another one, or nothing. */
function repairFor(target: Target, jobArguments: readonly string[], pace: Settings["pace"]): JobRepair | undefined {
  const repair = target.kind === daemonSetRollout.kind ? repairOfJob(jobArguments, pace) : undefined;
  if (repair === undefined) return undefined;
  // A word that is filled in later, by the alert or by a variable, names the target itself.
  const isOther = (word: string | undefined, own: string): boolean =>
    word !== undefined && word !== own && !/\{\{|\$\(/.test(word);
  return isOther(repair.name, target.name) || isOther(repair.flags.namespace, target.namespace) ? undefined : repair;
}

function unread(at: number, message: string): Look {
  return { kind: "unread", at, message: redact(message) };
}

type Observing = Omit<LooksOptions, "log"> &
  Pick<Parameters<typeof survey>[0], "settings"> & {
    nodes: ReturnType<typeof shareNodes>;
    remember: ReturnType<typeof rememberTargets>;
  };
type Observed = { kind: "observed"; observation: Observation } | { kind: "not"; look: Look };

async function observe({ namespace, name }: Target, observing: Observing): Promise<Observed> {
  const { kube, settings, signal, now, nodes, remember } = observing;
  const scope = { kind: "one", namespace, name } as const;
  // Labels of an alert may hold anything, or be missing: what cannot be asked for is not there.
  if (!isObjectName(namespace) || !isObjectName(name)) return { kind: "not", look: { kind: "gone", at: now() } };
  try {
    const {
      at,
      found,
      unread: missing,
    } = await survey({
      kube,
      scope,
      settings,
      signal,
      now,
      nodes,
      remember,
      progress: () => undefined,
    });
    const [only] = found;
    if (only?.kind === "observed") return only;
    const words = missing.map(({ what, message }) => `${what} (${message})`).join(", ");
    return { kind: "not", look: unread(at, `The server may not read ${words}. ${GRANT}`) };
  } catch (error) {
    if (error instanceof Stalled && error.reason === "NotFound")
      return { kind: "not", look: { kind: "gone", at: now() } };
    if (!isForbidden(error)) throw error;
    return { kind: "not", look: unread(now(), `The server may not read DaemonSets (${error.message}). ${GRANT}`) };
  }
}

const GRANT = "Bind the ClusterRole operarius-read of rbac.yaml to its ServiceAccount.";

async function judge(
  observation: Observation,
  { policies, settings }: JobRepair,
  options: LooksOptions,
): Promise<Preview> {
  const { kube, installationNamespace, signal, now } = options;
  const { namespace, name } = observation.daemonSet;
  // As the Job calls it: the ledger is kept in the cluster itself, where its name in alerts does not matter.
  const target = { cluster: "", kind: daemonSetRollout.kind, namespace, name };
  const ledgerOf = await ledgerReader({ kube, targets: undefined, signal, now }, installationNamespace);
  return previewOf(observation, {
    target,
    ledger: ledgerOf(target),
    policies,
    settings,
    nearby: (near, query, at) => daemonSetRollout.surroundings({ kube, target: near, settings, at }, query),
  });
}

type Seen = Extract<Look, { kind: "seen" }>;

function summary(
  observation: Observation,
  preview: Preview,
  { settings, sinceMs }: { settings: Settings; sinceMs: number },
): Seen {
  const { at, daemonSet } = observation;
  const { diagnosis, veto } = preview;
  const [first] = findingsOf(diagnosis);
  const health = daemonSetRollout.verify(observation, { settings, sinceMs, first: observation });
  const plan = planOf(preview);
  const root = veto?.root ?? first?.root;
  return {
    kind: "seen",
    at,
    uid: daemonSet.uid,
    generation: daemonSet.generation,
    cause: first?.cause ?? "none",
    ...standing(preview, health, settings),
    plan,
    fingerprint: daemonSetRollout.fingerprint(observation, diagnosis, plan),
    ...(root === undefined ? {} : { root }),
    ...editOf(daemonSet),
  };
}

function editOf({ edit }: Observation["daemonSet"]): { edit?: Edit } {
  return edit === undefined ? {} : { edit };
}

type Standing = Pick<Seen, "health" | "reason" | "message" | "soak" | "recheckAfterMs">;

/** Healthy by diagnosis and by verification: what only looks healthy, such as a status that is behind, is still pending. */
function standing({ diagnosis }: Preview, health: Health, settings: Settings): Standing {
  const { kind, reason } = diagnosis;
  const message = redact(diagnosis.message);
  if (kind === "unhealthy") return { health: kind, reason, message };
  if (kind === "pending") return { health: kind, reason, message, recheckAfterMs: diagnosis.recheckAfterMs };
  if (!health.healthy) {
    const both = `${message} Yet ${health.message}.`;
    return { health: "pending", reason: health.reason, message: both, recheckAfterMs: settings.settleMs };
  }
  const { soakedMs, requiredMs } = health;
  return { health: kind, reason, message, soak: { soakedMs, requiredMs } };
}

function planOf({ proposal, veto }: Preview): Seen["plan"] {
  const refusal = veto ?? (proposal.kind === "blocked" ? proposal : undefined);
  if (refusal) return { kind: "decline", reason: refusal.reason, message: redact(refusal.message) };
  if (proposal.kind === "blocked") throw new RangeError("what is blocked has a reason");
  const { plan } = proposal;
  return { ...planMark(plan, undefined), message: redact(plan.message) };
}
