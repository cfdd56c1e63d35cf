/** The port through which the server looks at a target: the same observing, diagnosing and planning as in a Job, read-only. */
import type { Target } from "../operarius/target.ts";

export interface LookRequest {
  target: Target;
  /** Milliseconds since the epoch of our last write to the target; 0 = none. Health from before it does not count. */
  sinceMs: number;
  /** What the Operarius' Job would run under: arguments of its containers. */
  jobArguments: readonly string[];
}

export interface Soak {
  soakedMs: number;
  requiredMs: number;
}

/** A change of the target's spec that was not ours. */
export interface Edit {
  /** Field manager. */
  by: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** One look, as data. `message` and `plan.message` are sentences for a person. */
export type Look =
  | { kind: "gone"; at: number }
  /** It cannot be seen with these rights, or is of a kind that nobody here knows how to look at. */
  | { kind: "unread"; at: number; message: string }
  | {
      kind: "seen";
      at: number;
      uid: string;
      generation: number;
      health: "healthy" | "pending" | "unhealthy";
      /** Of the first finding; "none" when healthy. */
      cause: string;
      reason: string;
      message: string;
      /** How long it has been healthy; only when healthy. */
      soak?: Soak;
      /** Milliseconds until something is expected; only when pending. */
      recheckAfterMs?: number;
      plan: {
        kind: "act" | "wait" | "decline" | "nothing";
        reason: string;
        message: string;
        /** Of a plan to act. */
        digest?: string;
      };
      /** Equal as long as cause, pods in trouble, nodes in trouble, generation and plan are; ages and counts of restarts do not matter. */
      fingerprint: string;
      /** What is behind the trouble and possibly behind that of others: node/n2, registry/example.com, webhook/name, zone/a, daemonset/ns/name. */
      root?: string;
      /** The newest change of the spec by anybody but us. */
      edit?: Edit;
    };

export interface Looks {
  /** Whether targets of this kind can be looked at for an Operarius whose Job runs our own remedy. */
  knows(target: Target, jobArguments: readonly string[]): boolean;
  /** Rejects with the API's errors that another try may cure; missing rights are `unread`. */
  look(request: LookRequest): Promise<Look>;
}
