import type { JobCondition } from "kubernetes-types/batch/v1";

/** The conditions with `wanted` in place; the same array when it already holds with that status and reason. */
export function withCondition(
  conditions: JobCondition[] | undefined,
  wanted: Omit<JobCondition, "lastTransitionTime">,
  at: string,
): JobCondition[] {
  const all = conditions ?? [];
  const known = all.find((each) => each.type === wanted.type);
  if (known?.status === wanted.status && known.reason === wanted.reason) return all;
  return [...all.filter((each) => each !== known), { ...wanted, lastProbeTime: at, lastTransitionTime: at }];
}
