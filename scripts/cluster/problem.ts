/** A problem that the person at the keyboard can solve. The message names the thing, the cause and the way out. */
export class ClusterProblem extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ClusterProblem";
  }
}

/** The words of anything thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
