/** What a ResourceQuota has in use (pkg/controller/resourcequota), as far as it counts kinds that are watched here. Pure. */
import type { ResourceQuota, ResourceQuotaStatus } from "kubernetes-types/core/v1";

/** The number of objects in the quota's namespace by the names that a quota uses; absent: not counted here. */
export type Counts = Readonly<Record<string, number>>;

/** The status that the quota should have. What is not counted here is said to be unused. */
export function quotaStatus({ spec }: ResourceQuota, counts: Counts): ResourceQuotaStatus {
  const hard = spec?.hard ?? {};
  return { hard, used: Object.fromEntries(Object.keys(hard).map((name) => [name, String(counts[name] ?? 0)])) };
}
