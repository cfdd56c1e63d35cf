import { describe, expect, it } from "vitest";
import type { FakeScene } from "../../test/support/fake-run.ts";
import { acts, deletion, healthy, ill, runFake } from "../../test/support/fake-run.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { Stalled } from "./errors.ts";
import { settingsFor } from "./settings.ts";

const three = acts("plan-3", { steps: [deletion("n1"), deletion("n2"), deletion("n3")] });

function run(scene: Partial<FakeScene> = {}) {
  return runFake({ looks: [ill(three), ill(three), healthy()], settings: settingsFor("fast"), ...scene });
}

describe("carrying a plan out", () => {
  it("records every intent before the first act, asks for the pause before each, and gives the lock back", async () => {
    const { log } = await run();
    expect(log.slice(log.indexOf("pause?"))).toEqual([
      "pause?",
      "begin delete-pod n1, delete-pod n2, delete-pod n3",
      "read others",
      "write delete on n1",
      "announce delete on n1",
      "pause?",
      "write delete on n2",
      "announce delete on n2",
      "pause?",
      "write delete on n3",
      "announce delete on n3",
      "end",
      "look",
      "stop",
    ]);
  });

  it("hands each answer's generation on as the next fence", async () => {
    const { fences, outcome } = await run({ apply: (_step, generation) => generation + 1 });
    expect(fences).toEqual([2, 3, 4]);
    expect(outcome.writes.map(({ generation }) => generation)).toEqual([3, 4, 5]);
  });

  it("keeps what it has come to after each write, with the look that it rested on; in a dry run nothing", async () => {
    const kept: number[][] = [];
    const keep: FakeScene["keep"] = ({ writes, last }) => {
      kept.push(writes.map(({ look }) => Number(look === last)));
      return Promise.resolve();
    };
    const { outcome } = await run({ keep });
    expect(kept).toEqual([[1], [1, 1], [1, 1, 1]]);
    expect(outcome.writes.every(({ look }) => look === outcome.actedOn)).toBe(true);
    expect(outcome.actedOn).toMatchObject({
      context: { mayPatchTemplate: true, intents: [] },
      guards: expect.arrayContaining([{ name: "OptOut", result: { kind: "pass" } }]),
    });
    await run({ keep, dryRun: "server" });
    expect(kept).toHaveLength(3);
  });

  it("a pause that comes in between ends it", async () => {
    let asked = 0;
    const assertNotPaused = () => {
      asked += 1;
      return asked < 2 ? Promise.resolve() : Promise.reject(new Stalled("Paused", "paused"));
    };
    const { outcome, log } = await run({ assertNotPaused });
    expect(outcome.verdict).toMatchObject({ kind: "partial", reason: "Paused" });
    expect(outcome.writes).toHaveLength(1);
    expect(outcome.intents.map(({ node }) => node)).toEqual(["n1"]);
    expect(log).toContain("end without 2");
  });

  it("a write without an answer counts as made, and the lock is given back", async () => {
    const ended: number[] = [];
    const scene = {
      apply: () => Promise.reject(new TransportError("connection reset")),
      ledger: {
        end: (undone: readonly unknown[]) => {
          ended.push(undone.length);
          return Promise.resolve();
        },
      },
    };
    const { outcome } = await run(scene);
    expect(outcome.writes).toMatchObject([{ step: deletion("n1"), unconfirmed: true }]);
    // The second and third were not tried; the first may have been carried out.
    expect(ended).toEqual([2]);
  });

  it("neither a lock that cannot be given back nor an event that cannot be written changes the result", async () => {
    const { outcome, progress } = await run({
      ledger: { end: () => Promise.reject(new Error("no lease")) },
      announce: () => Promise.reject(new Error("no events")),
    });
    expect(outcome.verdict.kind).toBe("recovered");
    const notes = progress.flatMap((each) => (each.kind === "note" ? [each.message] : []));
    expect(notes).toEqual([
      ...Array.from({ length: 3 }, () => "the event on the target was not written: no events"),
      "the ledger could not be released and will expire by itself: no lease",
    ]);
  });

  it("renews the lock before it could run out", async () => {
    const clock = { now: Date.UTC(2026, 0, 15, 12) };
    const { log } = await run({
      now: () => clock.now,
      startedAtMs: clock.now,
      apply: (_step, generation) => {
        clock.now += 9000;
        return generation;
      },
    });
    // 9 s are in order; after 18 s fewer than two request timeouts of the 30 s are left.
    expect(log.filter((line) => line.startsWith("begin"))).toEqual([
      "begin delete-pod n1, delete-pod n2, delete-pod n3",
      "begin ",
    ]);
  });
});

describe("dry run", () => {
  const unsupported = new StatusError({
    code: 400,
    reason: "BadRequest",
    message: 'admission webhook "a.example.com" does not support dry run',
  });

  it("a webhook that cannot judge it is not a veto", async () => {
    const { outcome, progress } = await run({ dryRun: "server", apply: () => Promise.reject(unsupported) });
    expect(outcome.verdict.reason).toBe("DryRun");
    expect(progress.filter(({ kind }) => kind === "note")).toHaveLength(3);
  });

  it("one that refuses the write is", async () => {
    const denied = new StatusError({
      code: 400,
      reason: "BadRequest",
      message: 'admission webhook "a.example.com" denied the request',
    });
    await expect(run({ dryRun: "server", apply: () => Promise.reject(denied) })).rejects.toBe(denied);
  });

  it("and so it is in earnest", async () => {
    await expect(run({ apply: () => Promise.reject(unsupported) })).rejects.toBe(unsupported);
  });
});
