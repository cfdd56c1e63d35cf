/** The audit log of a real API server, read as it grows: it gets too long to be read anew for every scenario. */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { AuditEvent } from "./audit.ts";
import { parseAudit } from "./audit.ts";

export interface AuditLog {
  /** Every request so far, but those of the cluster's own components and nodes: they are never judged. */
  read(): AuditEvent[];
  close(): void;
}

const chunkBytes = 1024 * 1024;

/** The cluster's own: most of the log. */
function isOfCluster(username: string): boolean {
  return (
    username.startsWith("system:node:") ||
    username.startsWith("system:serviceaccount:kube-system:") ||
    username.startsWith("system:kube-") ||
    username === "system:apiserver"
  );
}

/** Only what is judged: the log also has every object that a write has made. */
function judgedOf(event: AuditEvent): AuditEvent {
  const { stage, verb, requestURI, user, requestReceivedTimestamp, objectRef, responseStatus, requestObject } = event;
  return {
    stage,
    verb,
    requestURI,
    user: { username: user.username },
    requestReceivedTimestamp,
    ...(event.userAgent !== undefined && { userAgent: event.userAgent }),
    ...(objectRef !== undefined && { objectRef }),
    ...(responseStatus !== undefined && { responseStatus }),
    ...(requestObject !== undefined && { requestObject }),
  };
}

/** Opens the log at its first line. Errors: those of the file system. */
export function openAuditLog(file: string): AuditLog {
  let descriptor = openSync(file, "r");
  let decoder = new StringDecoder("utf8");
  let unfinished = "";
  const events: AuditEvent[] = [];
  const chunk = Buffer.alloc(chunkBytes);
  const readOn = (): void => {
    for (;;) {
      const size = readSync(descriptor, chunk);
      if (size === 0) return;
      unfinished += decoder.write(chunk.subarray(0, size));
      const end = unfinished.lastIndexOf("\n") + 1;
      for (const event of parseAudit(unfinished.slice(0, end)))
        if (!isOfCluster(event.user.username)) events.push(judgedOf(event));
      unfinished = unfinished.slice(end);
    }
  };
  return {
    read() {
      readOn();
      // The API server puts a log of 100 MB aside and begins a new one under the same name.
      while (existsSync(file) && statSync(file).ino !== fstatSync(descriptor).ino) {
        readOn();
        closeSync(descriptor);
        descriptor = openSync(file, "r");
        decoder = new StringDecoder("utf8");
        unfinished = "";
        readOn();
      }
      return [...events];
    },
    close: () => closeSync(descriptor),
  };
}
