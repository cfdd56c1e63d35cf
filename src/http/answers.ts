/** Answers that several routes give. */

const RETRY_AFTER_SECONDS = 5;

/** 503: not now; with when to come back. */
export function retryLater(body: object): Response {
  return Response.json(body, { status: 503, headers: { "Retry-After": String(RETRY_AFTER_SECONDS) } });
}

/** An error in words, as JSON. */
export function problem(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers });
}
