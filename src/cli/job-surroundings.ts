/** What a run learns from its surroundings: where the installation is, how long the fleet takes, where to leave its last word. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Settings, Target } from "../engine/types.ts";
import { isForbidden, isNotFound } from "../kube/errors.ts";
import { daemonSets, namespaces } from "../kube/resources.ts";
import type { Kube } from "../kube/types.ts";
import type { HealText } from "../reporting/heal-text.ts";
import type { CliContext } from "./context.ts";

const DEFAULT_NAMESPACE = "openfero";

/** The namespace of the ledger: the default one, or the target's own where nothing is installed. */
export async function installationNamespace(
  kube: Kube,
  target: Target,
  text: Pick<HealText, "report">,
): Promise<string> {
  try {
    await kube.get(namespaces, { name: DEFAULT_NAMESPACE });
    return DEFAULT_NAMESPACE;
  } catch (error) {
    // Without the right to look, what the ledger answers there decides.
    if (isForbidden(error)) return DEFAULT_NAMESPACE;
    if (!isNotFound(error)) throw error;
    text.report({
      kind: "note",
      message: `there is no namespace ${DEFAULT_NAMESPACE}; the ledger is kept in ${target.namespace}`,
    });
    return target.namespace;
  }
}

const CAP_MS = 6 * 3600_000;

/** `--timeout auto`: dwell and soak once, and for every wave of the update strategy the grace period and a start. */
export async function fleetTimeoutMs(kube: Kube, { namespace, name }: Target, settings: Settings): Promise<number> {
  const { spec, status } = await kube.get(daemonSets, { namespace, name });
  const desired = status?.desiredNumberScheduled ?? 1;
  const value = spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const wave = Math.max(1, typeof value === "number" ? value : Math.ceil((Number.parseFloat(value) / 100) * desired));
  const perWaveMs =
    ((spec?.template.spec?.terminationGracePeriodSeconds ?? 30) + (spec?.minReadySeconds ?? 0) + 30) * 1000;
  const needed = settings.dwellMs + 2 * settings.soakMs + Math.ceil(desired / wave) * perWaveMs;
  return Math.min(CAP_MS, Math.max(settings.timeoutMs, needed));
}

/** Leaves the message where the kubelet looks for it; outside a pod there is no such place and nothing is written. */
export async function writeTerminationMessage(message: string, { env, stderr }: CliContext): Promise<void> {
  const file = env.OPERARIUS_TERMINATION_MESSAGE_PATH ?? "/dev/termination-log";
  if (!env.KUBERNETES_SERVICE_HOST || !existsSync(file)) return;
  try {
    await writeFile(file, message);
  } catch (error) {
    stderr.write(
      `operarius: the termination message cannot be written to ${file}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}
