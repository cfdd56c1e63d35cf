/** One pass over a record that has ended: see after-end.ts for what is decided. */
import { isNotFound } from "../kube/errors.ts";
import type { Live } from "../kube/types.ts";
import { operariuses } from "../operarius/operarius.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { openNext } from "./admit.ts";
import type { AfterEnd } from "./after-end.ts";
import { afterEnd } from "./after-end.ts";
import { patchStatus } from "./apply.ts";
import type { ControlContext } from "./context.ts";
import { lookAt, lookPatch } from "./look-at.ts";
import { newestOf, toSummary } from "./summary.ts";

/** Resolves with when to look again. Rejects when the API server could not be asked, or the record changed meanwhile. */
export async function follow(
  context: ControlContext,
  remediation: Live<Remediation>,
): Promise<{ requeueAfterMs?: number }> {
  const { settings, now, standing } = context;
  const record = toSummary(remediation);
  const newest = newestOf(standing.records(), record.target);
  const isNewest = newest === undefined || newest.sequence <= record.sequence;
  if (record.hasNext) {
    const { next } = remediation.status ?? {};
    if (isNewest) await openNext(context, remediation, next);
    // It is the next record's now: should a person delete that, it is not opened again.
    await patchStatus(context, remediation, { next: null });
    return {};
  }
  if (!record.ours || context.looks === undefined) return {};
  const facts = {
    remediation,
    record,
    isNewest,
    limits: settings.limits,
    ttlMs: await ttlOf(context, record.operarius),
  };
  const decided = afterEnd({ ...facts, now: now() });
  if (decided.kind !== "look") return carryOut(context, remediation, decided, undefined);
  const look = await lookAt(context, remediation);
  if (look.kind === "later") return { requeueAfterMs: look.ms };
  // It was looked at, whatever came of it: the time of the look is what the next one counts from.
  const seen = lookPatch(remediation, look, 0) ?? {};
  return carryOut(context, remediation, afterEnd({ ...facts, look, now: now() }), seen);
}

async function carryOut(
  context: ControlContext,
  remediation: Live<Remediation>,
  decided: AfterEnd,
  seen: Parameters<typeof patchStatus>[2] | undefined,
): Promise<{ requeueAfterMs?: number }> {
  switch (decided.kind) {
    case "look":
      return {};
    case "rest":
      return decided.recheckAfterMs === undefined ? {} : { requeueAfterMs: decided.recheckAfterMs };
    case "note":
      await patchStatus(context, remediation, { ...seen, ...decided.status });
      return decided.recheckAfterMs === undefined ? {} : { requeueAfterMs: decided.recheckAfterMs };
    case "open":
      await openNext(context, remediation);
      context.log.info({ remediation: remediation.metadata.name, why: decided.why }, "the next episode begins");
      if (seen !== undefined) await patchStatus(context, remediation, seen);
      return {};
  }
}

async function ttlOf({ kube, settings }: ControlContext, operarius: string): Promise<number> {
  try {
    const { spec } = await kube.get(operariuses, { namespace: settings.namespace, name: operarius });
    const { enabled = false, ttl = 0 } = spec.deduplication ?? {};
    return enabled ? ttl * 1000 : 0;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}
