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
  /** Pods that come while this is there are taken and nothing is ever said about them. */
  deaf: boolean;
  /** The sandboxes of new pods cannot be set up. */
  noSandbox: boolean;
  /** By how much the node's clock is ahead, in milliseconds: it dates what the kubelet reports. */
  clockAheadMs: number;
  /** Images whose pull fails, and how: the registry denies it, does not answer, or has no build for this node. */
  pulls: Readonly<Record<PullFault, readonly string[]>>;
  /** Images whose tag now names another image, which crashes. What was pulled before stays what it is. */
  moved: readonly string[];
  /** Images whose next pod crash-loops on this node, and only that one. */
  crashOnce: readonly string[];
  /** What could not be understood, to be told in the log. */
  unknown: readonly string[];
}

export type PullFault = "denied" | "timeout" | "platform";

const valued = /^(crash(once)?|moved|pull-(denied|timeout|platform))=.|^clock-ahead=\d+$/;

/** Reads the comma-separated list; an absent annotation means a sound node. */
export function faultsOf(node: Pick<Node, "metadata"> | undefined): Faults {
  const words = (node?.metadata?.annotations?.[faultsAnnotation] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const plain = new Set(["dead", "wedged", "disk-pressure", "unready", "deaf", "no-sandbox"]);
  const images = (prefix: string): string[] =>
    words.filter((each) => each.startsWith(prefix) && each !== prefix).map((each) => each.slice(prefix.length));
  return {
    dead: words.includes("dead"),
    wedged: words.includes("wedged"),
    diskPressure: words.includes("disk-pressure"),
    unready: words.includes("unready"),
    deaf: words.includes("deaf"),
    noSandbox: words.includes("no-sandbox"),
    clockAheadMs: 1000 * Math.max(0, ...images("clock-ahead=").map((seconds) => Number.parseInt(seconds, 10) || 0)),
    pulls: {
      denied: images("pull-denied="),
      timeout: images("pull-timeout="),
      platform: images("pull-platform="),
    },
    moved: images("moved="),
    crash: images("crash="),
    crashOnce: images("crashonce="),
    unknown: words.filter((each) => !plain.has(each) && !valued.test(each)),
  };
}
