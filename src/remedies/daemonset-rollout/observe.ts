/** Keeps a live view of one DaemonSet and freezes it into observations: everything is listed once, then watched. */
import { randomBytes } from "node:crypto";
import type { ControllerRevision } from "kubernetes-types/apps/v1";
import { Stalled } from "../../engine/errors.ts";
import type { Mask } from "../../engine/redact.ts";
import type { Settings, Target, View } from "../../engine/types.ts";
import { isForbidden } from "../../kube/errors.ts";
import type { ReflectorOptions } from "../../kube/reflector.ts";
import { startReflector } from "../../kube/reflector.ts";
import { controllerRevisions, daemonSets, namespaces, nodes, pods } from "../../kube/resources.ts";
import type { Kube, Live } from "../../kube/types.ts";
import { assemble } from "./assemble.ts";
import { createChanges } from "./changes.ts";
import type { Observation } from "./facts.ts";
import { templateMask } from "./pod-literals.ts";
import { labelSelector, nodeFacts, ownAnnotations } from "./project.ts";
import { isControlledBy, podFacts } from "./project-pod.ts";
import { createControllerReader } from "./read-controller.ts";
import { createEventReader } from "./read-events.ts";
import { rememberGaps } from "./remember-gaps.ts";
import { rememberSpec } from "./remember-spec.ts";

interface OpenOptions {
  kube: Kube;
  target: Target;
  settings: Settings;
  signal: AbortSignal;
  now: () => number;
}

/** Between two looks, so that a look at thousands of nodes does not follow each of their reports. */
const REST_PER_OBJECT_MS = 0.3;
const LONGEST_REST_MS = 2500;
/** Watches that were silent for longer are not believed without asking the API server. */
const SILENT_MS = 20_000;

/**
 * Opens the view: resolves after the first lists. Rejects with `Stalled` (`NotFound`) when there is no such DaemonSet,
 * and with the API's own error when it refuses or does not answer.
 */
export async function openView({
  kube,
  target,
  settings,
  signal: outer,
  now,
}: OpenOptions): Promise<View<Observation>> {
  const { namespace, name } = target;
  const stopping = new AbortController();
  const signal = AbortSignal.any([outer, stopping.signal]);
  let objects = 0;
  const changes = createChanges(() => Math.min(LONGEST_REST_MS, objects * REST_PER_OBJECT_MS));
  const live = { kube, signal, failFast: true, onChange: changes.notify } satisfies Partial<ReflectorOptions<unknown>>;
  try {
    const own = startReflector({ ...live, resource: daemonSets, namespace, fieldSelector: `metadata.name=${name}` });
    await own.synced;
    const found = own.get(namespace, name);
    if (!found) throw notFound(target, kube.server);
    const { uid } = found.metadata;
    const salt = randomBytes(16).toString("hex");
    const selector = labelSelector(found);
    const ownPods = startReflector({
      ...live,
      resource: pods,
      namespace,
      labelSelector: selector,
      project: (pod) => (isControlledBy(pod, uid) ? podFacts(pod, salt) : undefined),
    });
    const allNodes = startReflector({ ...live, resource: nodes, project: nodeFacts });
    const revisions = readWhenChanged(() => ownRevisions(kube, namespace, selector));
    const mask = (): Mask => templateMask(own.get(namespace, name) ?? found);
    const explain = createEventReader({ kube, target, settings, uid, now, mask });
    const askController = createControllerReader({ kube, settings, uid, now });
    const aged = rememberGaps();
    const dated = rememberSpec();
    const [annotations] = await Promise.all([namespaceAnnotations(kube, namespace), ownPods.synced, allNodes.synced]);

    async function look(): Promise<Observation> {
      const daemonSet = own.get(namespace, name);
      if (!daemonSet) throw new Stalled("TargetGone", `DaemonSet ${namespace}/${name} was deleted while this ran.`);
      if (daemonSet.metadata.uid !== uid) {
        throw new Stalled(
          "TargetReplaced",
          `DaemonSet ${namespace}/${name} was deleted and created anew while this ran. Run the command again.`,
        );
      }
      const key = `${daemonSet.metadata.generation}/${daemonSet.status?.observedGeneration}`;
      const known = await revisions(key);
      const observation = dated(
        assemble({
          at: now(),
          daemonSet,
          revisions: known,
          pods: ownPods.items().filter((pod) => pod !== undefined),
          nodes: allNodes.items(),
          namespaceAnnotations: annotations,
          salt,
        }),
      );
      objects = observation.pods.length + observation.nodes.length;
      return askController(await explain(aged(observation)));
    }
    /** The same pods in the same state, by uid and resourceVersion, and the same spec. */
    async function confirm(): Promise<boolean> {
      const heard = Math.min(own.lastContact() ?? 0, ownPods.lastContact() ?? 0);
      if (now() - heard < SILENT_MS) return true;
      const [daemonSet, { items }] = await Promise.all([
        kube.get(daemonSets, { namespace, name }),
        kube.list(pods, { namespace, labelSelector: selector }),
      ]);
      const versions = (list: readonly { uid: string; resourceVersion: string }[]): string =>
        list
          .map((pod) => `${pod.uid}/${pod.resourceVersion}`)
          .sort()
          .join();
      const held = versions(ownPods.items().filter((pod) => pod !== undefined));
      const live = versions(items.filter((pod) => isControlledBy(pod, uid)).map(({ metadata }) => metadata));
      return daemonSet.metadata.generation === own.get(namespace, name)?.metadata.generation && held === live;
    }
    return {
      look,
      confirm,
      changed: (timeoutMs, waiting) => changes.next(timeoutMs, waiting),
      stop: () => stopping.abort(new Error("the view was closed")),
    };
  } catch (error) {
    stopping.abort(error);
    throw error;
  }
}

function notFound({ namespace, name }: Target, server: string): Stalled {
  return new Stalled(
    "NotFound",
    `DaemonSet ${namespace}/${name} does not exist in the cluster at ${server}. Check the name and the namespace: kubectl get daemonsets -n ${namespace}`,
  );
}

/** The namespace's annotations, or undefined when the rights do not reach that far. */
async function namespaceAnnotations(kube: Kube, name: string): Promise<Record<string, string> | undefined> {
  try {
    return ownAnnotations((await kube.get(namespaces, { name })).metadata.annotations);
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

async function ownRevisions(kube: Kube, namespace: string, selector: string): Promise<Live<ControllerRevision>[]> {
  return (await kube.list(controllerRevisions, { namespace, labelSelector: selector })).items;
}

/** Reads again only when the key differs from the last one that was read. */
function readWhenChanged<T>(read: () => Promise<T>): (key: string) => Promise<T> {
  let last: { key: string; value: T } | undefined;
  return async (key) => {
    if (last?.key !== key) last = { key, value: await read() };
    return last.value;
  };
}
