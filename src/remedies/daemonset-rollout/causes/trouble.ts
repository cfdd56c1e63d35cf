/** What one pod suffers from, before it is known whether its revision, its node or its surroundings are to blame. */
import type { CauseId, Settings } from "../../../engine/types.ts";
import type { ContainerFacts, DaemonSetFacts, EventFacts, NodeFacts, Observation, PodFacts } from "../facts.ts";

export interface Trouble {
  cause: CauseId;
  /** Stable constant, also the ledger's "same reason". */
  reason: string;
  /** What is wrong with the pod, without its name: "cannot pull image app:bad-2: not found". */
  sentence: string;
  /** Quoted from the cluster. */
  evidence: readonly string[];
  /**
   * Who can be at fault: `template` = the template wherever it runs; `either` = template or node, the siblings decide;
   * `surroundings` = neither (registry, credentials, capacity): no pod or template write helps.
   */
  blame: "template" | "either" | "surroundings";
  /** Whether re-creating the pod on the same node can help at all. */
  recreationCanHelp: boolean;
  /** The pod was Ready before. */
  ranBefore: boolean;
  /** The container that shows it, where one does. */
  container?: string;
  /** What the new revision does, where that is a better sentence than "it does not start": "the new image a does not exist". */
  ofRevision?: string;
  /** Uncut words of the cluster that may name what is missing. */
  words?: string;
  /** What a person runs against it before anything else. */
  commands?: readonly string[];
  /** What outside of the pod shows itself in it; see `Finding.root`. */
  root?: string;
}

/** What a family may look at when it recognises a pod's trouble. */
export interface PodCase {
  pod: PodFacts;
  node: NodeFacts | undefined;
  daemonSet: DaemonSetFacts;
  events: readonly EventFacts[];
  at: number;
  settings: Settings;
  /** Start-up allowance of this pod, in milliseconds. */
  allowanceMs: number;
  observation: Observation;
}

/** A family of causes: recognises its own trouble in a pod or stays silent. */
export type Recognise = (podCase: PodCase) => Trouble | undefined;

/** First line of a message, cut to 200 characters: quotes stay readable and bounded. */
export function quote(text: string): string {
  const line = text.split("\n", 1)[0]?.trim() ?? "";
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

/** A quote within a sentence, which has its own full stop. */
export function clause(text: string): string {
  return quote(text).replace(/\.+$/, "");
}

/** The image the container waits for: its own, which need not be the template's present one. */
export function imageOf(container: ContainerFacts, daemonSet: DaemonSetFacts): string {
  return container.image || (daemonSet.template.images[container.name] ?? "");
}

/** "registry.example.com" of an image; Docker Hub's own where it names none. */
export function registryOf(image: string): string {
  const [first = "", rest] = image.split("/", 2);
  return rest !== undefined && /[.:]|^localhost$/.test(first) ? first : "docker.io";
}

/**
 * The command that shows what the container said, of the run before where there was one; none before a first run. Without
 * a name it is the one that ended before. kubectl takes the first container of a pod that has several, never an init one.
 */
export function logCommands({ name, namespace, containers }: PodFacts, container?: string): string[] {
  const own =
    containers.find((each) => each.name === container) ??
    containers.find(({ restartCount }) => restartCount > 0) ??
    containers.find(({ runningSince, terminated }) => runningSince !== undefined || terminated !== undefined);
  if (own === undefined) return [];
  const command = `kubectl logs ${name} -n ${namespace}${containers.length > 1 ? ` -c ${own.name}` : ""}`;
  if (own.restartCount > 0) return [`${command} --previous`];
  return own.runningSince !== undefined || own.terminated !== undefined ? [command] : [];
}

/** When the pod's present start began: its creation, or the last start of one of its containers after that. */
export function startedAt(pod: PodFacts): number {
  return Math.max(pod.createdAt, ...pod.containers.map(({ runningSince }) => runningSince ?? 0));
}
