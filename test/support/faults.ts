/** The faults that an API server or the network before it can show to one request, and by which rule. */
import type { Seen } from "./fault-proxy.ts";

export type Fault =
  /** Turned away unseen, as priority and fairness does it, or by a server in trouble. */
  | { kind: "refused"; code: 429 | 500 | 503; retryAfterSeconds?: number }
  | { kind: "delayed"; ms: number }
  /** Nobody sees it and nobody ever answers. */
  | { kind: "unanswered" }
  /** The connection is cut before the API server sees it. */
  | { kind: "reset" }
  /** The API server has acted, and its answer is lost. */
  | { kind: "answer-lost" }
  /** The answer comes in small pieces. */
  | { kind: "trickled"; bytes: number; everyMs: number }
  /** 410: for a watch as its first event, else as the answer. */
  | { kind: "expired" }
  /** A watch that is open and says nothing any more. */
  | { kind: "half-open" };

export interface Rule {
  fault: Fault;
  /** Of the requests that match, 0 to 1. */
  share: number;
  /** Default: every request but watches. */
  of?: (request: Seen) => boolean;
}

const requests = ({ isWatch }: Seen): boolean => !isWatch;
const watches = ({ isWatch }: Seen): boolean => isWatch;

/** The first rule that hits decides; each has a throw of its own. */
export function faultFor(request: Seen, rules: readonly Rule[], random: () => number): Fault | undefined {
  return rules.find(({ share, of = requests }) => of(request) && random() < share)?.fault;
}

/** All kinds at once; `share` of the requests, and as many of the watches, meet one. */
export function mixed(share: number): Rule[] {
  const kinds: readonly [Fault, number][] = [
    [{ kind: "refused", code: 429, retryAfterSeconds: 1 }, 0.15],
    [{ kind: "refused", code: 429 }, 0.05],
    [{ kind: "refused", code: 500 }, 0.2],
    [{ kind: "refused", code: 503 }, 0.1],
    [{ kind: "delayed", ms: 700 }, 0.15],
    [{ kind: "reset" }, 0.12],
    [{ kind: "answer-lost" }, 0.15],
    [{ kind: "trickled", bytes: 200, everyMs: 5 }, 0.06],
    [{ kind: "unanswered" }, 0.02],
  ];
  const ofWatches: readonly [Fault, number][] = [
    [{ kind: "reset" }, 0.3],
    [{ kind: "refused", code: 500 }, 0.3],
    [{ kind: "expired" }, 0.4],
  ];
  return [
    ...kinds.map(([fault, part]) => ({ fault, share: share * part })),
    ...ofWatches.map(([fault, part]) => ({ fault, share: share * part, of: watches })),
  ];
}

/** This fault for every watch that is opened. */
export function everyWatch(fault: Fault): Rule[] {
  return [{ fault, share: 1, of: watches }];
}
