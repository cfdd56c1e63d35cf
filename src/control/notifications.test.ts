import { describe, expect, it } from "vitest";
import { aRecord, RECORDED_AT, secondsOn } from "../../test/support/record-builders.ts";
import { NOTIFICATION_EVENTS } from "../notify/message.ts";
import type { RemediationNotification, RemediationStatus } from "../operarius/remediation.ts";
import { remediationStatusSchema } from "../operarius/remediation.ts";
import {
  afterTry,
  beforeTry,
  dueNotifications,
  isOpen,
  MOST_TRIES,
  settled,
  toQueue,
  withNotification,
} from "./notifications.ts";

const NOW = RECORDED_AT;
const MINUTE = 60_000;
const entry = (overrides: Partial<RemediationNotification> = {}): RemediationNotification => ({
  event: "Declined",
  at: secondsOn(0),
  ...overrides,
});
const holding = (name: string, notification: RemediationNotification, status: RemediationStatus = {}) =>
  toQueue(aRecord({ phase: "Declined", notifications: [notification], ...status }, { name }));
const agenda = (records: Parameters<typeof dueNotifications>[0], now = NOW) =>
  dueNotifications(records, { now, events: NOTIFICATION_EVENTS });
const kinds = (records: Parameters<typeof dueNotifications>[0], now = NOW) =>
  agenda(records, now).due.map(({ kind, record }) => `${kind} ${record.target.replace("kube-system/", "")}`);

describe("withNotification", () => {
  it("adds an event once", () => {
    const once = withNotification({}, "Failed", NOW);
    expect(once).toEqual([{ event: "Failed", at: secondsOn(0) }]);
    expect(withNotification({ notifications: once }, "Failed", NOW + MINUTE)).toBe(once);
    expect(withNotification({ notifications: once }, "Declined", NOW)).toHaveLength(2);
  });

  it("takes another plan, or another reason to be blocked, for news", () => {
    const first = withNotification({ planDigest: "a" }, "ApprovalNeeded", NOW);
    expect(withNotification({ planDigest: "a", notifications: first }, "ApprovalNeeded", NOW)).toHaveLength(1);
    expect(withNotification({ planDigest: "b", notifications: first }, "ApprovalNeeded", NOW)).toHaveLength(2);
    const blocked = withNotification({ reason: "IneffectiveChain" }, "Blocked", NOW);
    expect(withNotification({ reason: "BudgetExhausted", notifications: blocked }, "Blocked", NOW)).toHaveLength(2);
  });

  it.each([
    [
      "the oldest that is done goes",
      [entry({ about: "open" }), entry({ about: "sent", sentAt: secondsOn(1) })],
      "sent",
    ],
    ["given up is done", [entry({ about: "open" }), entry({ about: "dropped", droppedAt: secondsOn(1) })], "dropped"],
    ["else the oldest", [entry({ about: "open" })], "open"],
  ])("keeps ten: %s", (_what, start, gone) => {
    const filler = Array.from({ length: 10 - start.length }, (_, index) => entry({ about: `more-${index}` }));
    const kept = withNotification({ notifications: [...start, ...filler] }, "Failed", NOW);
    expect(kept).toHaveLength(10);
    expect(kept.map(({ about }) => about)).not.toContain(gone);
    expect(kept.at(-1)?.event).toBe("Failed");
    expect(remediationStatusSchema.safeParse({ notifications: kept }).success).toBe(true);
  });
});

describe("dueNotifications", () => {
  it.each<[string, Partial<RemediationNotification>, string[]]>([
    ["new", {}, ["send agent"]],
    ["sent", { sentAt: secondsOn(1) }, []],
    ["given up", { droppedAt: secondsOn(1) }, []],
    ["tried just now", { tries: 1, triedAt: secondsOn(-9) }, []],
    ["tried ten seconds ago", { tries: 1, triedAt: secondsOn(-10) }, ["send agent"]],
    ["tried by a clock far ahead", { tries: 1, triedAt: secondsOn(4000) }, ["send agent"]],
    ["a day old", { at: secondsOn(-86_401) }, ["drop agent"]],
    ["in its last try", { tries: 10, triedAt: secondsOn(-599) }, []],
    ["of whose last try the end is not known", { tries: 10, triedAt: secondsOn(-600) }, ["drop agent"]],
    ["of a kind that is not told", { event: "Superseded" }, []],
  ])("%s", (_what, overrides, want) => expect(kinds([holding("agent", entry(overrides))])).toEqual(want));

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9].map((tries) => [tries, Math.min(600, 10 * 2 ** (tries - 1))]))(
    "after try %i waits %i s and says so",
    (tries, seconds) => {
      const records = [holding("agent", entry({ tries, triedAt: secondsOn(0) }))];
      expect(agenda(records, NOW + seconds * 1000 - 1)).toEqual({ due: [], againInMs: 1 });
      expect(kinds(records, NOW + seconds * 1000)).toEqual(["send agent"]);
    },
  );

  it("tells only what is asked for", () => {
    expect(dueNotifications([holding("a", entry())], { now: NOW, events: ["Failed"] })).toEqual({ due: [] });
  });

  it("asks for no approval of a plan that does not await one any more", () => {
    const asked = entry({ event: "ApprovalNeeded", about: "p" });
    expect(kinds([holding("a", asked, { phase: "AwaitingApproval", planDigest: "p" })])).toEqual(["send a"]);
    expect(kinds([holding("a", asked, { phase: "AwaitingApproval", planDigest: "q" })])).toEqual(["drop a"]);
    expect(kinds([holding("a", asked, { phase: "Running", planDigest: "p" })])).toEqual(["drop a"]);
  });

  describe("one incident", () => {
    const incident = "node/n2";
    const eleven = Array.from({ length: 11 }, (_, index) =>
      holding(`d${String(index).padStart(2, "0")}`, entry({ at: secondsOn(index) }), { incident }),
    );

    it("has one message, for the oldest, that names the others", () => {
      const { due } = agenda([...eleven].reverse());
      expect(due).toHaveLength(1);
      expect(due[0]).toMatchObject({ kind: "send", record: { target: "kube-system/d00" } });
      expect(due[0]?.kind === "send" && due[0].others).toEqual(eleven.slice(1).map(({ target }) => target));
    });

    it("is told by the first for all of them", () => {
      const told = holding("d00", entry({ sentAt: secondsOn(12), sentTo: ["webhook"] }), { incident });
      const { due } = agenda([told, ...eleven.slice(1)]);
      expect(due.map(({ kind }) => kind)).toEqual(Array.from({ length: 10 }, () => "told"));
      expect(due[0]).toMatchObject({ by: told.name });
    });

    it("waits with its first", () => {
      const tried = holding("d00", entry({ tries: 1, triedAt: secondsOn(0) }), { incident });
      expect(agenda([tried, ...eleven.slice(1)])).toEqual({ due: [], againInMs: 10_000 });
    });

    it("goes on with the next when the first was given up", () => {
      const dropped = holding("d00", entry({ droppedAt: secondsOn(0) }), { incident });
      expect(kinds([dropped, ...eleven.slice(1)])).toEqual(["send d01"]);
    });

    it("is another one after an hour, or with another event, or without a name", () => {
      const told = holding("d00", entry({ sentAt: secondsOn(1), sentTo: ["webhook"] }), { incident });
      const later = holding("d01", entry({ at: secondsOn(3601) }), { incident });
      expect(kinds([told, later], NOW + 2 * 60 * MINUTE)).toEqual(["send d01"]);
      expect(kinds([told, holding("d01", entry({ event: "Failed" }), { incident })])).toEqual(["send d01"]);
      expect(kinds([holding("a", entry()), holding("b", entry())])).toEqual(["send a", "send b"]);
    });

    it("is not kept alive by those who were told by another", () => {
      const byAnother = holding("d01", entry({ at: secondsOn(3000), sentAt: secondsOn(3001) }), { incident });
      const later = holding("d02", entry({ at: secondsOn(6000) }), { incident });
      expect(kinds([byAnother, later], NOW + 6000_000)).toEqual(["send d02"]);
    });
  });
});

describe("afterTry", () => {
  it("is done when every channel took it", () => {
    const tried = beforeTry(entry(), NOW - 1000);
    expect(tried).toEqual({ ...entry(), tries: 1, triedAt: secondsOn(-1) });
    expect(afterTry(tried, { sent: ["webhook", "slack"], failures: [], now: NOW })).toEqual({
      ...tried,
      sentTo: ["webhook", "slack"],
      sentAt: secondsOn(0),
    });
  });

  it("remembers each channel that took it, and why another did not", () => {
    const half = afterTry(entry(), { sent: ["webhook"], failures: ["slack: answers 500"], now: NOW });
    expect(half).toMatchObject({ sentTo: ["webhook"], message: "slack: answers 500" });
    expect(isOpen(half)).toBe(true);
    const whole = afterTry(half, { sent: ["slack"], failures: [], now: NOW });
    expect(whole).toMatchObject({ sentTo: ["webhook", "slack"], sentAt: secondsOn(0) });
    expect(whole).not.toHaveProperty("message");
  });

  it("gives up after ten tries and says why", () => {
    let current = entry();
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      expect(isOpen(current)).toBe(true);
      current = afterTry(beforeTry(current, NOW), { sent: [], failures: ["webhook: answers 500"], now: NOW });
    }
    expect(current).toMatchObject({ tries: 10, droppedAt: secondsOn(0) });
    expect(current.message).toBe("Given up after 10 tries: webhook: answers 500");
    expect(remediationStatusSchema.safeParse({ notifications: [current] }).success).toBe(true);
  });
});

it("settles by what the record says now", () => {
  const record = holding("a", entry());
  const now = entry({ tries: 2 });
  expect(settled(now, { record, entry: entry(), kind: "told", by: "x" }, NOW)).toEqual({
    ...now,
    sentAt: secondsOn(0),
    message: "Told by x.",
  });
  expect(settled(now, { record, entry: entry(), kind: "drop", why: "Because." }, NOW)).toMatchObject({
    tries: 2,
    droppedAt: secondsOn(0),
    message: "Because.",
  });
});
