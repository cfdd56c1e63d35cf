/**
 * What a remedy's container leaves behind in its termination message (at most 3 KiB) for the server to read.
 * A hint, not the truth: the server's own recount decides.
 */
export const VERDICTS = ["recovered", "partial", "waiting", "awaiting-approval", "declined", "failed"] as const;
export type VerdictKind = (typeof VERDICTS)[number];

export interface TerminationMessage {
  schema: "operarius.openfero.io/termination/v1";
  verdict: VerdictKind;
  /** CamelCase constant. */
  reason: string;
  /** One sentence for a person. */
  sentence: string;
  /** Cause number of the failure catalogue (C01 ...), or "none". */
  cause: string;
  /** Set when the verdict is awaiting-approval: what an approval must name. */
  planDigest?: string;
  /** Set when the verdict is waiting: when to look again. */
  recheckAfterSeconds?: number;
  /** Writes that were made, one short line each, at most 10. */
  writes: string[];
  /** Of the last write, RFC 3339; absent when there was none. */
  lastWriteAt?: string;
  /** Of the last look: equal as long as cause, pods, nodes, generation and plan are. */
  fingerprint?: string;
  /** sha256 of the receipt, as it is kept. */
  receiptDigest?: string;
  /** Name of the Receipt resource that holds it. */
  receipt?: string;
  /** Why it is not kept, when it should be. */
  receiptProblem?: string;
}
