/** Pause: a ConfigMap that stops all writes, readable with the server down. One key per reason. */
import { isNotFound } from "../kube/errors.ts";
import { configMaps } from "../kube/resources.ts";
import type { Kube } from "../kube/types.ts";
import { Stalled } from "./errors.ts";

const NAME = "operarius-pause";

/** Rejects with `Stalled` (`Paused`) while the ConfigMap exists with a key, and when it cannot be read. */
export async function assertNotPaused(kube: Kube, namespace: string): Promise<void> {
  const where = `ConfigMap ${namespace}/${NAME}`;
  const found = await kube.get(configMaps, { namespace, name: NAME }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    throw new Stalled("PauseUnreadable", `${where} cannot be read, which counts as paused: ${why}`, { cause: error });
  });
  const reasons = Object.keys(found?.data ?? {});
  if (found && reasons.length > 0) {
    throw new Stalled(
      "Paused",
      `Writes are paused by ${where} (${reasons.join(", ")}). To go on: kubectl delete configmap ${NAME} -n ${namespace}`,
    );
  }
}
