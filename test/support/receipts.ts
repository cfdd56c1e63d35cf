/** Receipts of made-up runs on generated clusters, for tests of what is kept and replayed. */
import type { ReceiptHead } from "../../src/engine/receipt.ts";
import { buildReceipt } from "../../src/engine/receipt.ts";
import type { Receipt } from "../../src/engine/receipt-schema.ts";
import type { Look, Outcome } from "../../src/engine/run-types.ts";
import { diagnose } from "../../src/remedies/daemonset-rollout/diagnose.ts";
import type { Observation } from "../../src/remedies/daemonset-rollout/facts.ts";
import { plan } from "../../src/remedies/daemonset-rollout/plan.ts";
import { daemonSetRollout } from "../../src/remedies/daemonset-rollout/remedy.ts";
import type { Cluster } from "./any-cluster.ts";
import { NOW, somePolicies } from "./daemonset-builders.ts";

/** What a run makes of a cluster at one look. */
export function lookAt({ observation, context }: Cluster): Look<Observation> {
  const { settings, ...rest } = context;
  const diagnosis = diagnose(observation, context);
  return {
    observation,
    diagnosis,
    plan: plan(observation, diagnosis, { settings, ...rest }),
    known: context.intents,
    context: rest,
    guards: [
      { name: "OptOut", result: { kind: "pass" } },
      { name: "ManagedBy", result: { kind: "not-evaluated", scope: "namespaces", message: "not readable" } },
    ],
  };
}

/** A run whose looks were these; every write that its plans have was made at the look itself. */
export function outcomeOf(looks: readonly Look<Observation>[], wrote = false): Outcome<Observation> {
  const writes = looks.flatMap((look) =>
    wrote && look.plan?.kind === "act" ? look.plan.steps.map((step) => ({ at: NOW, step, look, generation: 2 })) : [],
  );
  return {
    verdict: { kind: "declined", reason: "NodeDown", message: "Node n1 does not answer." },
    first: looks[0],
    last: looks.at(-1),
    actedOn: writes[0]?.look,
    guards: [],
    intents: looks.at(-1)?.context?.intents ?? [],
    writes,
  };
}

/** The receipt of that run. */
export function receiptOf(
  clusters: readonly [Cluster, ...Cluster[]],
  head: Partial<ReceiptHead> = {},
  wrote = true,
): Receipt {
  const { settings } = clusters[0].context;
  return buildReceipt(
    {
      version: "1.2.3",
      remedy: "daemonset-rollout",
      remediation: "daemonset-agent-abcdefghij-1",
      attempt: 1,
      target: { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" },
      alert: { OPENFERO_ALERTNAME: "KubeDaemonSetRolloutStuck" },
      settings,
      policies: somePolicies(),
      startedAt: NOW,
      ...head,
    },
    { outcome: outcomeOf(clusters.map(lookAt), wrote), finishedAt: NOW + 1000, next: ["a", "b", "c", "d"] },
    daemonSetRollout,
  );
}
