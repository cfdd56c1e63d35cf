/** The two ways a call to the API server fails. */

/** The server answered with an error status. */
export class StatusError extends Error {
  readonly code: number;
  /** Kubernetes' reason constant: NotFound, Conflict, Forbidden, Invalid, Expired, ... or "" when it sent none. */
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;
  constructor(
    init: { code: number; reason: string; message: string; retryAfterSeconds?: number },
    options?: ErrorOptions,
  ) {
    super(init.message, options);
    this.name = "StatusError";
    this.code = init.code;
    this.reason = init.reason;
    this.retryAfterSeconds = init.retryAfterSeconds;
  }
}

/** There was no usable answer. The request may or may not have been carried out. */
export class TransportError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransportError";
  }
}

function hasCode(error: unknown, code: number): error is StatusError {
  return error instanceof StatusError && error.code === code;
}

export function isNotFound(error: unknown): error is StatusError {
  return hasCode(error, 404);
}

export function isForbidden(error: unknown): error is StatusError {
  return hasCode(error, 403);
}

/** Somebody else created it first (also 409, but with its own reason). */
export function isAlreadyExists(error: unknown): error is StatusError {
  return hasCode(error, 409) && error.reason === "AlreadyExists";
}

/** A precondition failed: stale resourceVersion or another uid. */
export function isConflict(error: unknown): error is StatusError {
  return hasCode(error, 409) && error.reason !== "AlreadyExists";
}

/** Rejected by validation; also how a failed JSON-patch `test` is answered. */
export function isInvalid(error: unknown): error is StatusError {
  return hasCode(error, 422);
}

/** The resourceVersion of a list or watch is too old: list again. */
export function isExpired(error: unknown): error is StatusError {
  return hasCode(error, 410);
}
