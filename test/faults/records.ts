/** The records of single targets, as a person waits for them. */
import type { Live } from "../../src/kube/types.ts";
import type { Remediation } from "../../src/operarius/remediation.ts";
import { remediations } from "../../src/operarius/remediation.ts";
import type { Cluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";

const namespace = "openfero";

/** All records of a target, the first episode first. */
export async function recordsOf({ person }: Cluster, target: string): Promise<Live<Remediation>[]> {
  const { items } = await person.list(remediations, { namespace });
  return items.filter(({ spec }) => spec.target.name === target).toSorted((a, b) => a.spec.sequence - b.spec.sequence);
}

/** Resolves with the newest record of a target that satisfies `holds`. */
export async function untilRecord(
  cluster: Cluster,
  target: string,
  {
    what,
    holds,
    withinMs = 120_000,
  }: { what: string; holds: (record: Live<Remediation>) => boolean; withinMs?: number },
): Promise<Live<Remediation>> {
  let seen: unknown;
  return until(
    `the record of ${target} ${what}`,
    async () => {
      const newest = (await recordsOf(cluster, target)).at(-1);
      seen = newest?.status;
      return newest !== undefined && holds(newest) ? newest : undefined;
    },
    { withinMs, periodMs: 300, seen: () => seen },
  );
}

/** What `kubectl patch remediation NAME` does for a person who has read the plan. */
export async function approve({ person }: Cluster, { metadata, status }: Live<Remediation>): Promise<void> {
  const approval = { decision: "approve", planDigest: status?.planDigest, by: "anna", reason: "seen" };
  const ref = { namespace, name: metadata.name };
  await person.patch(remediations, ref, { type: "merge", body: { spec: { approval } } });
}
