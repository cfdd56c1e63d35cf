// The demo's view of Operarius: it posts an alert like Alertmanager does, and reads the records and Jobs that follow.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./screen.mjs";

export const OPERARIUS = join("deploy", "operarii", "kube-prometheus-stack", "KubeDaemonSetRolloutStuck");
const REMEDIATIONS = "/apis/openfero.io/v1alpha1/namespaces/openfero/remediations";
const TERMINAL = new Set(["Succeeded", "Ineffective", "Failed", "Declined", "Cancelled", "Superseded"]);

/** Sets the operarius' deduplication window to 0 s. */
export async function allowAnotherEpisode(kube) {
  const path = "/apis/openfero.io/v1alpha1/namespaces/openfero/operariuses/daemonset-rollout-fix";
  await kube.merge(path, { spec: { deduplication: { ttl: 0 } } });
}

/** Posts test-alert.json, about the demo's DaemonSet and as of now. Rejects unless the server answers 200. */
export async function postAlert(root, server) {
  const template = JSON.parse(await readFile(join(root, OPERARIUS, "test-alert.json"), "utf8"));
  const body = JSON.parse(JSON.stringify(template).replaceAll("test-daemonset", "agent"));
  for (const alert of body.alerts) alert.startsAt = new Date().toISOString();
  const answer = await fetch(`${server}/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status !== 200) throw new Error(`POST /alerts: ${answer.status} ${await answer.text()}`);
}

/** Resolves with the record that is not in `known` once it is in one of the phases; rejects when it ends otherwise. */
export function untilPhase(kube, { known, phases, signal }) {
  return until({
    what: `the Remediation to be ${phases.join(" or ")}`,
    withinMs: 60_000,
    signal,
    look: async () => {
      const { items } = await kube.get(REMEDIATIONS);
      const record = items.find(({ metadata }) => !known.has(metadata.name));
      const phase = record?.status?.phase;
      if (phases.includes(phase)) return { value: record };
      if (TERMINAL.has(phase)) {
        throw new Error(`${record.metadata.name} ended ${phase}: ${record.status.reason}: ${record.status.message}`);
      }
      const attempts = record?.status?.attempts ?? [];
      return { progress: phase === undefined ? "no record yet" : [phase, attempts.at(-1)?.jobName].join(" ").trim() };
    },
  });
}

/** Writes the approval of exactly that plan to the record, as `kubectl patch` would. */
export async function approve(kube, record) {
  const approval = {
    decision: "approve",
    planDigest: record.status.planDigest,
    by: "demo",
    reason: "the demo's question",
  };
  await kube.merge(`${REMEDIATIONS}/${record.metadata.name}`, { spec: { approval } });
}

/** The log of a Job's newest pod; a sentence when there is none. */
export async function jobLog(kube, jobName) {
  const pods = "/api/v1/namespaces/openfero/pods";
  const selector = encodeURIComponent(`batch.kubernetes.io/job-name=${jobName}`);
  const { items } = await kube.get(`${pods}?labelSelector=${selector}`);
  const pod = items.at(-1);
  if (pod === undefined) return `no pod of Job ${jobName} is left`;
  return kube.text(`${pods}/${pod.metadata.name}/log`);
}

/** The name of the newest Job that Operarius made; undefined when there is none. */
export async function newestJob(kube) {
  const { items } = await kube.get("/apis/batch/v1/namespaces/openfero/jobs");
  return items.sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)).at(-1)?.metadata
    .name;
}
