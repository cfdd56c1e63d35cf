/**
 * Pause: a ConfigMap that stops all writes, readable with the server down. One key per reason; its annotation
 * writes-only-during is the maintenance window of the whole installation.
 */
import { isNotFound } from "../kube/errors.ts";
import { configMaps } from "../kube/resources.ts";
import type { Kube } from "../kube/types.ts";
import { Stalled } from "./errors.ts";
import { closedSentence } from "./guards/maintenance-window.ts";

const NAME = "operarius-pause";

/** Rejects with `Stalled`: `Paused` while the ConfigMap has a key, `OutsideMaintenanceWindow` by its annotation at `at`, `PauseUnreadable` when it cannot be read. */
export async function assertNotPaused(kube: Kube, namespace: string, at: number): Promise<void> {
  const where = `ConfigMap ${namespace}/${NAME}`;
  const found = await kube.get(configMaps, { namespace, name: NAME }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    throw new Stalled("PauseUnreadable", `${where} cannot be read, which counts as paused: ${why}`, { cause: error });
  });
  const reasons = [found?.data, found?.binaryData].flatMap((data) => Object.keys(data ?? {}));
  if (found && reasons.length > 0) {
    throw new Stalled(
      "Paused",
      `Writes are paused by ${where} (${reasons.join(", ")}). To go on: kubectl delete configmap ${NAME} -n ${namespace}`,
    );
  }
  const closed = closedSentence(where, found?.metadata.annotations ?? {}, at);
  if (closed) throw new Stalled("OutsideMaintenanceWindow", closed);
}
