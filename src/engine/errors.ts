/** How adapters say that a run cannot go on. Thrown there, caught once in run.ts; anything else is retryable. */

/** Needs a person: going on by itself would not help. `reason` is a stable constant. */
export class Stalled extends Error {
  readonly reason: string;
  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Stalled";
    this.reason = reason;
  }
}

/** The target that a run had seen is no longer there: deleted, or deleted and created anew under its name. */
export function isTargetGone(error: unknown): error is Stalled {
  return error instanceof Stalled && (error.reason === "TargetGone" || error.reason === "TargetReplaced");
}

/** The target is no longer what the plan was made for: look and plan again. */
export class TargetMoved extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TargetMoved";
  }
}

/** The program was told to stop (SIGINT, SIGTERM). */
export class Interrupted extends Error {
  constructor() {
    super("interrupted");
    this.name = "Interrupted";
  }
}
