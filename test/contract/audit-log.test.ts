/** The audit log of a real API server is read while it is written. */
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AuditLog } from "../support/audit-log.ts";
import { openAuditLog } from "../support/audit-log.ts";

let directory: string;
let file: string;
let log: AuditLog;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "operarius-audit-"));
  file = join(directory, "audit.log");
  writeFileSync(file, line("a"));
  log = openAuditLog(file);
});
afterEach(() => {
  log.close();
  rmSync(directory, { recursive: true });
});

function line(requestURI: string, username = "kubernetes-admin"): string {
  const event = {
    stage: "ResponseComplete",
    verb: "get",
    requestURI,
    user: { username },
    responseObject: { kind: "Pod" },
  };
  return `${JSON.stringify({ ...event, requestReceivedTimestamp: "2026-01-01T00:00:00.000000Z" })}\n`;
}

const uris = (): string[] => log.read().map(({ requestURI }) => requestURI);

it("knows what was written before and since", () => {
  expect(uris()).toEqual(["a"]);
  appendFileSync(file, line("b") + line("c"));
  expect(uris()).toEqual(["a", "b", "c"]);
  expect(log.read()[0]).not.toHaveProperty("responseObject");
});

it("waits for the rest of a line that is being written, even in the middle of a letter", () => {
  const bytes = Buffer.from(line("ü"));
  const middle = bytes.indexOf(0xc3) + 1;
  appendFileSync(file, bytes.subarray(0, middle));
  expect(uris()).toEqual(["a"]);
  appendFileSync(file, bytes.subarray(middle));
  expect(uris()).toEqual(["a", "ü"]);
});

it("goes on in the new log when the old one was put aside, and misses nothing of the old one", () => {
  expect(uris()).toEqual(["a"]);
  appendFileSync(file, line("b"));
  renameSync(file, join(directory, "audit-before.log"));
  expect(uris()).toEqual(["a", "b"]);
  writeFileSync(file, line("c"));
  expect(uris()).toEqual(["a", "b", "c"]);
});

it.each([
  ["system:node:n1", false],
  ["system:serviceaccount:kube-system:daemon-set-controller", false],
  ["system:kube-scheduler", false],
  ["system:serviceaccount:openfero:operarius-daemonset-rollout", true],
])("requests of %s: kept %s", (username, isKept) => {
  appendFileSync(file, line("b", username));
  expect(uris()).toEqual(isKept ? ["a", "b"] : ["a"]);
});
