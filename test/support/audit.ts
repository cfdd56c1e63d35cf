/** What an API server's audit log says about who wrote what. The same reading serves the sandbox and a real API server. */

/** The fields of an audit.k8s.io/v1 Event that are judged. */
export interface AuditEvent {
  stage: string;
  verb: string;
  requestURI: string;
  user: { username: string };
  userAgent?: string;
  objectRef?: {
    resource?: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    subresource?: string;
  };
  responseStatus?: { code?: number };
  requestObject?: unknown;
  requestReceivedTimestamp: string;
}

/** The lines of an audit log; a line that is still being written is left for the next reading. */
export function parseAudit(text: string): AuditEvent[] {
  const lines = text.split("\n");
  const complete = text.endsWith("\n") ? lines : lines.slice(0, -1);
  return complete
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ stage }) => stage === "ResponseComplete");
}

const readVerbs = new Set(["get", "list", "watch"]);

function isDryRun({ requestURI, requestObject }: AuditEvent): boolean {
  const asked = new URL(requestURI, "https://server").searchParams.getAll("dryRun");
  const body = requestObject as { dryRun?: unknown } | undefined;
  return asked.includes("All") || (Array.isArray(body?.dryRun) && body.dryRun.includes("All"));
}

/** The ledger, the announcement of a write, and our own records: declared bookkeeping, not part of a repair. */
function isBookkeeping({ objectRef }: AuditEvent): boolean {
  if (objectRef?.apiGroup === "openfero.io") return true;
  if (objectRef?.apiGroup === "coordination.k8s.io" && objectRef.resource === "leases")
    return objectRef.name === undefined || objectRef.name.startsWith("operarius-");
  if (objectRef?.resource === "events") return true;
  return objectRef?.apiGroup === "authorization.k8s.io" && objectRef.resource === "selfsubjectaccessreviews";
}

/** What that user had the server change: accepted writes, in the order they arrived, without dry runs and bookkeeping. */
export function writesBy(user: string, events: readonly AuditEvent[]): AuditEvent[] {
  return requestsBy(user, events).filter(
    (event) =>
      !readVerbs.has(event.verb) &&
      (event.responseStatus?.code ?? 500) < 300 &&
      !isDryRun(event) &&
      !isBookkeeping(event),
  );
}

/** Everything that user asked for, in the order of arrival. */
export function requestsBy(user: string, events: readonly AuditEvent[]): AuditEvent[] {
  return events
    .filter(({ user: { username } }) => username === user)
    .sort((a, b) => a.requestReceivedTimestamp.localeCompare(b.requestReceivedTimestamp));
}

/** "restart", "rollback" or "touch" by what a JSON patch on a DaemonSet changes; "" when the log has no request bodies. */
function templateChange(patch: unknown): string {
  const text = JSON.stringify(patch ?? "");
  if (text.includes("kubectl.kubernetes.io~1restartedAt") || text.includes('"kubectl.kubernetes.io/restartedAt"'))
    return text.includes('"/spec/template"') ? "rollback" : "restart";
  if (text.includes('"/spec/template"')) return "rollback";
  return text.includes("operarius.openfero.io~1touched-at") || text.includes('"operarius.openfero.io/touched-at"')
    ? "touch"
    : "";
}

/** A write in words: "delete pod on n4", "force delete pod on n3", "patch daemonset agent (rollback)". */
export function wordsOf(event: AuditEvent, nodeOf: (namespace: string, pod: string) => string | undefined): string {
  const { verb, objectRef, requestObject } = event;
  const { resource = "", namespace = "", name = "", subresource } = objectRef ?? {};
  if (verb === "delete" && resource === "pods" && subresource === undefined) {
    const grace = (requestObject as { gracePeriodSeconds?: unknown } | undefined)?.gracePeriodSeconds;
    const where = nodeOf(namespace, name) ?? `an unknown node (${namespace}/${name})`;
    return `${grace === 0 ? "force delete" : "delete"} pod on ${where}`;
  }
  if (verb === "patch" && resource === "daemonsets" && subresource === undefined)
    return `patch daemonset ${name} (${templateChange(requestObject)})`;
  return `${verb} ${[resource, subresource].filter(Boolean).join("/")} ${[namespace, name].filter(Boolean).join("/")}`;
}
