import { expect, test } from "vitest";
import type { AuditEvent } from "../support/audit.ts";
import { healerUser } from "../support/cluster.ts";
import { firstActionAt, firstJobAt, judge } from "./judge.ts";
import { timelineOf } from "./timeline.ts";

const serverUser = "system:serviceaccount:openfero:operarius";
const nodeOf = (_namespace: string, pod: string): string | undefined => (pod === "agent-1" ? "n1" : undefined);

function event(username: string, verb: string, resource: string, parts: Partial<AuditEvent> = {}): AuditEvent {
  return {
    stage: "ResponseComplete",
    verb,
    requestURI: `/of/${resource}`,
    user: { username },
    objectRef: { resource, namespace: resource === "jobs" ? "openfero" : "agents", name: "agent-1" },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: "2026-01-15T08:30:00.000000Z",
    ...parts,
  };
}

const job = event(serverUser, "create", "jobs", { requestReceivedTimestamp: "2026-01-15T08:30:01.000000Z" });
const deletion = event(healerUser, "delete", "pods", { requestReceivedTimestamp: "2026-01-15T08:30:02.500000Z" });
const expected = { byJob: ["delete pod on n1"], jobs: 1 };

test("an episode with exactly the expected writes is as it should be", () => {
  const judged = { events: [job, deletion, event(healerUser, "list", "pods")], serverUser, nodeOf, calmSince: 0 };
  expect(judge(judged, expected)).toEqual([]);
  expect(firstJobAt(judged)).toBe(Date.parse("2026-01-15T08:30:01Z"));
  expect(firstActionAt(judged)).toBe(Date.parse("2026-01-15T08:30:02.5Z"));
});

test.each<[string, AuditEvent[], string]>([
  ["nothing was deleted", [job], "the Job's account wrote [], expected was [delete pod on n1]"],
  ["one deletion too many", [job, deletion, deletion], "the Job's account wrote [delete pod on n1, delete pod on n1]"],
  ["two Jobs", [job, job, deletion], "the server created 2 Jobs, expected were 1"],
  ["the server deletes a pod itself", [job, deletion, event(serverUser, "delete", "pods")], "the server wrote: delete"],
  [
    "a right is missing",
    [job, deletion, event(serverUser, "list", "secrets", { responseStatus: { code: 403 } })],
    `${serverUser} was refused: list /of/secrets`,
  ],
])("%s: it is said", (_name, events, sentence) => {
  const [problem] = judge({ events, serverUser, nodeOf, calmSince: 0 }, expected);
  expect(problem).toContain(sentence);
});

test("what an API server refuses while it starts is no missing right", () => {
  const refused = event(serverUser, "watch", "jobs", { responseStatus: { code: 403 } });
  const events = [refused, job, deletion];
  const calmSince = Date.parse("2026-01-15T08:30:01Z");
  expect(judge({ events, serverUser, nodeOf, calmSince }, expected)).toEqual([]);
});

test("the timeline counts from the moment of being stuck, and leaves out what did not happen", () => {
  const moments = { stuck: 1000, firing: 6040, received: 7000, job: 7100, action: 9000, healed: 9900, resolved: 8000 };
  expect(timelineOf(moments)).toBe(
    "stuck 0.0 → firing 5.0 → received 6.0 → Job 6.1 → first action 8.0 → healed 8.9 → resolved 7.0",
  );
  expect(timelineOf({ ...moments, approved: 8500 })).toContain("Job 6.1 → approved 7.5 → first action 8.0");
});
