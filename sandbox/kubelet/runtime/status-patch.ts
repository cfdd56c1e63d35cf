/** The difference between what the API says of a pod and what it should say. Pure. */
import type { PodCondition, PodStatus } from "kubernetes-types/core/v1";
import { stableJson } from "../../controllers/rules/stable-json.ts";

const owned = [
  "phase",
  "reason",
  "message",
  "startTime",
  "hostIP",
  "hostIPs",
  "podIP",
  "podIPs",
  "initContainerStatuses",
  "containerStatuses",
] as const;

/**
 * Body of a strategic merge patch, or undefined when nothing changed. Conditions of other owners are not mentioned and so
 * stay; a condition keeps its transition time as long as its status does.
 */
export function statusPatch(input: {
  uid: string;
  have: PodStatus | undefined;
  want: PodStatus;
  at: string;
}): object | undefined {
  const { uid, have = {}, want, at } = input;
  const status: Record<string, unknown> = {};
  for (const field of owned) {
    if (stableJson(have[field]) !== stableJson(want[field])) status[field] = want[field] ?? null;
  }
  const conditions = (want.conditions ?? []).flatMap((each) => changedCondition(have.conditions, each, at));
  if (conditions.length > 0) status.conditions = conditions;
  return Object.keys(status).length === 0 ? undefined : { metadata: { uid }, status };
}

function changedCondition(have: PodCondition[] | undefined, want: PodCondition, at: string): object[] {
  const before = have?.find((each) => each.type === want.type);
  const isSame =
    before?.status === want.status &&
    (before.reason ?? "") === (want.reason ?? "") &&
    (before.message ?? "") === (want.message ?? "");
  if (isSame) return [];
  return [
    {
      type: want.type,
      status: want.status,
      reason: want.reason ?? null,
      message: want.message ?? null,
      lastProbeTime: null,
      lastTransitionTime: before?.status === want.status ? (before.lastTransitionTime ?? at) : at,
    },
  ];
}
