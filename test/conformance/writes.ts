/** What the cases about writes have in common. */
import type { ConfigMap } from "kubernetes-types/core/v1";
import { configMaps } from "../../src/kube/resources.ts";
import type { Live } from "../../src/kube/types.ts";
import type { Bench } from "./case.ts";
import { aConfigMap } from "./objects.ts";

/** The ConfigMap "one". */
export const one = (bench: Bench) => ({ namespace: bench.namespace, name: "one" });
/** The DaemonSet "agent". */
export const agent = (bench: Bench) => ({ namespace: bench.namespace, name: "agent" });

/** Creates the ConfigMap "one". */
export async function makeOne(bench: Bench, data: Record<string, string> = { a: "1" }): Promise<Live<ConfigMap>> {
  return bench.kube.create(configMaps, aConfigMap(bench, "one", data));
}

/** What it was rejected with. */
export async function failure(work: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  return work.then(
    () => ({ code: 200, reason: "", message: "it succeeded" }),
    (error: unknown) => error as { code: number; reason: string; message: string },
  );
}

/** The refusal of a stale version. */
export const modified = (what: string): string =>
  `Operation cannot be fulfilled on ${what}: the object has been modified; please apply your changes to the latest version and try again`;
