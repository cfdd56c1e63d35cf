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
const deletions = new Set(["delete", "deletecollection"]);
const ownRecords = new Set(["receipts", "remediations", "operariuses"]);

/** One option of a deletion, as the server reads it: a body counts alone, the query only without one. */
function deleteOption({ requestURI, requestObject }: AuditEvent, option: "dryRun" | "gracePeriodSeconds"): unknown[] {
  if (requestObject !== undefined) return [(requestObject as Partial<Record<string, unknown>> | null)?.[option]].flat();
  return new URL(requestURI, "https://server").searchParams.getAll(option);
}

/** The body of any other write is an object or a patch, whatever fields it has. */
function isDryRun(event: AuditEvent): boolean {
  if (deletions.has(event.verb)) return deleteOption(event, "dryRun").includes("All");
  return new URL(event.requestURI, "https://server").searchParams.getAll("dryRun").includes("All");
}

/** The ledger, the announcement of a write, and our own records: declared bookkeeping, not part of a repair. */
function isBookkeeping({ verb, objectRef }: AuditEvent): boolean {
  const { apiGroup = "", resource = "", name } = objectRef ?? {};
  if (verb === "deletecollection") return false;
  if (apiGroup === "openfero.io") return ownRecords.has(resource);
  if (apiGroup === "coordination.k8s.io" && resource === "leases")
    return name === undefined ? verb === "create" : name.startsWith("operarius-");
  if (resource === "events") return verb !== "delete";
  return apiGroup === "authorization.k8s.io" && resource === "selfsubjectaccessreviews";
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

const restartedAt = "kubectl.kubernetes.io/restartedAt";
const touchedAt = "operarius.openfero.io/touched-at";

/** The leaves that a merge patch sets, and the places that a JSON patch changes, as keys; a map that is added counts by its keys. */
function changesOf(patch: unknown, above: readonly string[] = []): string[][] {
  if (Array.isArray(patch) && above.length === 0)
    return (patch as { op?: string; path?: string; from?: string; value?: unknown }[])
      .filter(({ op }) => op !== "test")
      .flatMap(({ op, path = "", from = "", value }) => {
        if (op === "move") return [["moved", from, path]];
        const keys = path
          .split("/")
          .slice(1)
          .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
        return keys.at(-1) === "annotations" ? changesOf(value, keys) : [keys];
      });
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return [[...above]];
  const keys = Object.entries(patch);
  return keys.length === 0 ? [[...above]] : keys.flatMap(([key, value]) => changesOf(value, [...above, key]));
}

function isWithin(place: readonly string[], keys: readonly string[]): boolean {
  return keys.every((key, index) => place[index] === key);
}

/** "restart", "rollback" or "touch" when a patch of a DaemonSet changes what belongs to it and nothing else; else "". */
function templateChange(patch: unknown): string {
  const changes = changesOf(patch ?? {});
  if (changes.length === 0) return "";
  const only = (...keys: string[]): boolean => changes.every((place) => isWithin(place, keys));
  if (only("spec", "template", "metadata", "annotations", restartedAt)) return "restart";
  if (only("metadata", "annotations", touchedAt)) return "touch";
  return changes.every((place) => place.join("/") === "spec/template") ? "rollback" : "";
}

/** A write in words: "delete pod on n4", "force delete pod on n3", "patch daemonset agent (rollback)". */
export function wordsOf(event: AuditEvent, nodeOf: (namespace: string, pod: string) => string | undefined): string {
  const { verb, objectRef, requestObject } = event;
  const { resource = "", namespace = "", name = "", subresource } = objectRef ?? {};
  if (verb === "delete" && resource === "pods" && subresource === undefined) {
    const [grace] = deleteOption(event, "gracePeriodSeconds");
    const where = nodeOf(namespace, name) ?? `an unknown node (${namespace}/${name})`;
    if (grace === undefined || grace === null) return `delete pod on ${where}`;
    const seconds = Number(grace);
    return seconds === 0 ? `force delete pod on ${where}` : `delete pod within ${seconds} s on ${where}`;
  }
  if (verb === "patch" && resource === "daemonsets" && subresource === undefined)
    return `patch daemonset ${name} (${templateChange(requestObject)})`;
  return `${verb} ${[resource, subresource].filter(Boolean).join("/")} ${[namespace, name].filter(Boolean).join("/")}`;
}
