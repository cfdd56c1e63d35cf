/** What the cases about DaemonSets do to nodes, and read of events and pods. */
import type { Pod } from "kubernetes-types/core/v1";
import { events, nodes as nodeResource } from "../../src/kube/resources.ts";
import type { Bench } from "./case.ts";
import { conditionOf } from "./objects.ts";

export const agent = (bench: Bench) => ({ namespace: bench.namespace, name: "agent" });
export const imageOf = ({ spec }: Pod): string => spec?.containers[0]?.image ?? "";
export const isReady = (pod: Pod): boolean => conditionOf(pod, "Ready")?.status === "True";

export async function fault(bench: Bench, node: string | undefined, value: string | null): Promise<void> {
  const body = { metadata: { annotations: { "sandbox.operarius.openfero.io/faults": value } } };
  await bench.kube.patch(nodeResource, { name: node ?? "" }, { type: "merge", body });
}

export async function taint(
  bench: Bench,
  node: string | undefined,
  effect: string | undefined,
  key = "example.com/maintenance",
): Promise<void> {
  const taints = effect === undefined ? [] : [{ key, effect }];
  await bench.kube.patch(nodeResource, { name: node ?? "" }, { type: "merge", body: { spec: { taints } } });
}

/** The messages of the events about the DaemonSet with this reason. */
export async function messages({ kube, namespace }: Bench, reason: string, name = "agent"): Promise<string[]> {
  const fieldSelector = `involvedObject.kind=DaemonSet,involvedObject.name=${name},reason=${reason}`;
  return (await kube.list(events, { namespace, fieldSelector })).items.map(({ message }) => message ?? "");
}
