/** Faults that a node is told to have, by its annotation. Pure. */
import type { Node } from "kubernetes-types/core/v1";

export const faultsAnnotation = "sandbox.operarius.openfero.io/faults";

export interface Faults {
  /** The machine is off: no heartbeat, no status, no process. */
  dead: boolean;
  /** Never finishes a termination. */
  wedged: boolean;
  diskPressure: boolean;
  /** Pods that run when this appears lose readiness; later ones do not. */
  unready: boolean;
  /** Images whose containers crash on this node. */
  crash: readonly string[];
  /** Images whose next pod crash-loops on this node, and only that one. */
  crashOnce: readonly string[];
  /** What could not be understood, to be told in the log. */
  unknown: readonly string[];
}

/** Reads the comma-separated list; an absent annotation means a sound node. */
export function faultsOf(node: Pick<Node, "metadata"> | undefined): Faults {
  const words = (node?.metadata?.annotations?.[faultsAnnotation] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const plain = new Set(["dead", "wedged", "disk-pressure", "unready"]);
  const images = (prefix: string): string[] =>
    words.filter((each) => each.startsWith(prefix) && each !== prefix).map((each) => each.slice(prefix.length));
  return {
    dead: words.includes("dead"),
    wedged: words.includes("wedged"),
    diskPressure: words.includes("disk-pressure"),
    unready: words.includes("unready"),
    crash: images("crash="),
    crashOnce: images("crashonce="),
    unknown: words.filter((each) => !plain.has(each) && !/^crash(once)?=./.test(each)),
  };
}
