/** What a story looks at while it waits: pods, alerts, deliveries, records. */
import type { Live } from "../../src/kube/types.ts";
import type { Phase, Remediation } from "../../src/operarius/remediation.ts";
import { isTerminal, remediations } from "../../src/operarius/remediation.ts";
import type { PodHistory } from "../scenarios/pod-history.ts";
import { until } from "../support/until.ts";
import { agentName, isHealthy, readPods } from "./agent.ts";
import type { Chain } from "./chain.ts";
import type { SenderAuth } from "./monitoring/config.ts";
import type { LogLine, RunningServer } from "./server.ts";

/** What differs between the stories. */
export interface Variant {
  method: SenderAuth["method"];
  /** Which of deploy/rules. */
  rule: "guarded" | "plain";
  honorLabels: boolean;
  /** Also the server's --clusterName. */
  cluster?: string;
  /** The one that crashes. */
  node: string;
  /** What is away when the alert fires, until Alertmanager has tried in vain. */
  outage?: "the server" | "the API server";
  /** Alertmanager repeats every few seconds while the plan awaits its approval. */
  repeats?: boolean;
}

/** A story that is being told. */
export interface Scene {
  chain: Chain;
  server: RunningServer;
  namespace: string;
  variant: Variant;
  history: PodHistory;
  out: (line: string) => void;
  /** Records of earlier episodes. */
  known: Set<string>;
}

/** What waiting needs of a story. */
export interface Watched {
  chain: Pick<Chain, "admin" | "check">;
  namespace: string;
  known: ReadonlySet<string>;
}

/** Longer than any step takes on a busy machine. */
const withinMs = 120_000;

/** Resolves when the pods are healthy, with the time. */
export async function healthy(scene: Scene, image: string): Promise<number> {
  const { chain, namespace } = scene;
  await lookUntil(scene, `${agentName} to be 4 of 4 on ${image}`, async () =>
    isHealthy(await readPods(chain, namespace), chain.nodes, image),
  );
  return Date.now();
}

/** No alert about this DaemonSet, not even a pending one, and the exporter has seen all pods. */
export async function quiet(scene: Scene): Promise<void> {
  const { chain, namespace, variant } = scene;
  const label = variant.honorLabels ? "namespace" : "exported_namespace";
  const available = `kube_daemonset_status_number_available{${label}="${namespace}",daemonset="${agentName}"}`;
  await lookUntil(scene, "Prometheus to see it healthy", async () => {
    const alert = (await chain.monitoring.alerts()).some((each) => isOurs(each.labels, namespace));
    return !alert && (await chain.monitoring.query(available)) === chain.nodes.length;
  });
}

/** Resolves when the alert fires and the server has it: the two times. `meanwhile` happens as soon as it fires. */
export async function alertArrives(
  scene: Scene,
  since: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<{ firing: number; received: number }> {
  const { chain, namespace } = scene;
  await lookUntil(scene, "the alert to fire", async () =>
    (await chain.monitoring.alerts()).some(({ labels, state }) => state === "firing" && isOurs(labels, namespace)),
  );
  const firing = Date.now();
  await meanwhile();
  const received = await lookUntil(scene, "Alertmanager's delivery", () => deliveryAt(scene, "firing", since));
  return { firing, received };
}

function isOurs(labels: Readonly<Record<string, string>>, namespace: string): boolean {
  const where = labels.exported_namespace ?? labels.namespace;
  return labels.alertname === "KubeDaemonSetRolloutStuck" && labels.daemonset === agentName && where === namespace;
}

/** When the server logged that it received this alert; undefined when it did not since then. */
export function deliveryAt({ server }: Scene, status: "firing" | "resolved", since: number): number | undefined {
  const found = server.log().find((line) => isDelivery(line, status) && Date.parse(line.time) >= since);
  return found === undefined ? undefined : Date.parse(found.time);
}

function isDelivery({ msg, alert, status }: LogLine, wanted: string): boolean {
  return msg === "alert received" && alert === "KubeDaemonSetRolloutStuck" && status === wanted;
}

/** How often the server received this alert as firing. */
export function firingDeliveries({ server }: Scene): number {
  return server.log().filter((line) => isDelivery(line, "firing")).length;
}

/**
 * What a delivery has led to that came when the repair was done and the alert had not yet heard of it: a look that finds
 * nothing to do. Resolves with these records once they have ended.
 */
export async function laterLooks(scene: Watched, { metadata, spec }: Live<Remediation>): Promise<Live<Remediation>[]> {
  const { chain, namespace, known } = scene;
  const { name } = spec.target;
  return lookUntil(scene, "every look at the target to end", async () => {
    const { items } = await chain.admin.list(remediations, { namespace: "openfero" });
    const later = items.filter(
      (each) =>
        each.spec.target.namespace === namespace &&
        each.spec.target.name === name &&
        each.metadata.name !== metadata.name &&
        !known.has(each.metadata.name),
    );
    return later.every(({ status }) => isTerminal(status?.phase)) ? later : undefined;
  });
}

/** The record that is not known yet, once it is in one of these phases; rejects when it ends otherwise. */
export async function untilPhase(scene: Watched, phases: readonly Phase[]): Promise<Live<Remediation>> {
  const { chain, namespace, known } = scene;
  return lookUntil(scene, `a Remediation to be ${phases.join(" or ")}`, async () => {
    const { items } = await chain.admin.list(remediations, { namespace: "openfero" });
    const record = items.find(({ metadata, spec }) => spec.target.namespace === namespace && !known.has(metadata.name));
    const phase = record?.status?.phase;
    if (record === undefined || phase === undefined) return undefined;
    if (phases.includes(phase)) return record;
    if (!isTerminal(phase)) return undefined;
    throw new Error(`${record.metadata.name} ended ${phase}: ${record.status?.reason}: ${record.status?.message}`);
  });
}

/** Resolves with the first answer that is neither undefined nor false; rejects when the time is up or something has ended. */
export function lookUntil<T>(
  { chain }: Pick<Watched, "chain">,
  what: string,
  look: () => T | Promise<T>,
): Promise<Exclude<T, undefined | false>> {
  return until(
    what,
    () => {
      chain.check();
      return look();
    },
    { withinMs },
  );
}
