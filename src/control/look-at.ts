/** A look at the target of a record, and what the record keeps of it. */
import { isNotFound } from "../kube/errors.ts";
import type { Live } from "../kube/types.ts";
import { argumentsOf, operariuses, readOperarius } from "../operarius/operarius.ts";
import type { Remediation, RemediationLook } from "../operarius/remediation.ts";
import type { ControlContext } from "./context.ts";
import type { Look } from "./looks.ts";
import type { StatusPatch } from "./transition.ts";
import { instant, iso, lastWriteAt } from "./transition.ts";
import { healthyCondition } from "./verify.ts";

/** Keeps a target that changes all the time from being looked at all the time. */
export interface LookPacer {
  /** Milliseconds until `key` may be looked at again; 0 = now, and it counts as looked at. */
  waitMs(key: string): number;
}

/** In memory, for one process; forgets what is older than the interval. */
export function createLookPacer(everyMs: number, now: () => number): LookPacer {
  const looked = new Map<string, number>();
  return {
    waitMs(key) {
      const at = now();
      const since = looked.get(key);
      if (since !== undefined && at - since < everyMs) return everyMs - (at - since);
      for (const [other, when] of looked) if (at - when >= everyMs) looked.delete(other);
      looked.set(key, at);
      return 0;
    },
  };
}

/** What `heal` without flags would do, for an Operarius that is gone. */
const DEFAULT_ARGUMENTS: readonly string[] = ["heal", "daemonset"];

/** Looks, or says how much later. Rejects when the API server cannot be asked. */
export async function lookAt(
  context: ControlContext,
  remediation: Live<Remediation>,
): Promise<Look | { kind: "later"; ms: number }> {
  const { looks, pacer, now } = context;
  const { target } = remediation.spec;
  if (looks === undefined) return { kind: "unread", at: now(), message: "This server cannot look at targets." };
  const { phase = "Pending", attempts = [] } = remediation.status ?? {};
  const wait = pacer?.waitMs(`${remediation.metadata.name}/${phase}/${attempts.length}`) ?? 0;
  if (wait > 0) return { kind: "later", ms: wait };
  const jobArguments = await argumentsFor(context, remediation.spec.operarius.name);
  // A Job whose clock is ahead of ours wrote before now all the same.
  return looks.look({ target, sinceMs: Math.min(lastWriteAt(remediation), now()), jobArguments });
}

async function argumentsFor({ kube, settings }: ControlContext, name: string): Promise<readonly string[]> {
  try {
    const read = readOperarius(await kube.get(operariuses, { namespace: settings.namespace, name }));
    return read.kind === "operarius" ? argumentsOf(read.operarius.spec) : DEFAULT_ARGUMENTS;
  } catch (error) {
    if (isNotFound(error)) return DEFAULT_ARGUMENTS;
    throw error;
  }
}

/** What of a look goes on the record: only what is news, or the sign that it was looked at. Undefined = nothing. */
export function lookPatch(
  { status = {} }: Pick<Remediation, "status">,
  look: Look | undefined,
  lookEveryMs: number,
): StatusPatch | undefined {
  if (look === undefined) return undefined;
  const { look: before, firstLook } = status;
  const kept = toRecordLook(look);
  const same = before !== undefined && before.fingerprint === kept.fingerprint && before.health === kept.health;
  const isBase = status.phase === "AwaitingApproval" && before !== undefined;
  if (isBase || (same && look.at - instant(before.at) < lookEveryMs * 0.9)) return undefined;
  return {
    look: kept,
    ...(firstLook === undefined ? { firstLook: kept } : {}),
    // Before any Job has said better, so that a list shows what is wrong while the record waits.
    ...(look.kind === "seen" && look.health === "unhealthy" && !status.attempts?.length ? { cause: look.cause } : {}),
    ...(look.kind === "seen" ? { conditions: [healthyCondition(look, look.at)] } : {}),
  };
}

function toRecordLook(look: Look): RemediationLook {
  const at = iso(look.at);
  if (look.kind !== "seen") {
    const message = look.kind === "gone" ? "The target does not exist." : look.message;
    const reason = look.kind === "gone" ? "TargetGone" : "NotSeen";
    return { at, health: look.kind, cause: "none", reason, message, plan: "nothing", fingerprint: look.kind };
  }
  const { uid, generation, health, cause, reason, message, plan, fingerprint, root, soak } = look;
  return {
    at,
    uid,
    generation,
    health,
    cause,
    reason,
    message: message.slice(0, 1000),
    plan: plan.kind,
    planMessage: plan.message.slice(0, 1000),
    fingerprint,
    ...(plan.digest === undefined ? {} : { planDigest: plan.digest }),
    ...(root === undefined ? {} : { root }),
    ...(soak === undefined ? {} : { healthySince: iso(look.at - soak.soakedMs) }),
  };
}
