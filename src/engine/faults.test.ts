/** Faults in the middle of a run: what was written stays on record, nothing is repeated, and the time is kept. */
import { describe, expect, it } from "vitest";
import { acts, deletion, healthy, ill, moving, rollback, runFake } from "../../test/support/fake-run.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { settingsFor } from "./settings.ts";

const oneStep = acts("plan-1");
const silence = new TransportError("no answer within 10 s");
const status = (code: number) => new StatusError({ code, reason: "", message: `answered ${code}` });
const fast = { settings: settingsFor("fast") };
const writes = (log: readonly string[]) => log.filter((line) => line.startsWith("write"));

describe("an API server that fails for a while", () => {
  it.each([
    ["no answer", silence],
    ["500", status(500)],
    ["429", status(429)],
  ])("%s after a write: the run goes on", async (_name, fault) => {
    const { outcome, log } = await runFake({ looks: [ill(oneStep), ill(oneStep), fault, fault, healthy()], ...fast });
    expect(outcome).toMatchObject({ verdict: { kind: "recovered" }, writes: [{ step: deletion() }] });
    expect(writes(log)).toHaveLength(1);
  });

  it("before any write it goes on, too, once there was a look", async () => {
    const { outcome } = await runFake({ looks: [moving(1000), status(503), healthy()], ...fast });
    expect(outcome.verdict.kind).toBe("recovered");
  });

  it("to the end of the time: what was written is on record", async () => {
    const { outcome, took } = await runFake({ looks: [ill(oneStep), ill(oneStep), silence], ...fast });
    expect(outcome).toMatchObject({
      verdict: { kind: "failed", reason: "ApiUnreachable", message: expect.stringContaining("no answer within 10 s") },
      writes: [{ step: deletion() }],
    });
    expect(took).toBeLessThanOrEqual(fast.settings.timeoutMs);
  });

  it("with an answer that will not change: what was written is on record at once", async () => {
    const { outcome, took } = await runFake({ looks: [ill(oneStep), ill(oneStep), status(403)], ...fast });
    expect(outcome).toMatchObject({ verdict: { kind: "failed", reason: "ApiError" }, writes: [{ step: deletion() }] });
    expect(took).toBeLessThan(5000);
  });
});

describe("a write whose outcome is not known", () => {
  it.each([
    ["no answer", silence],
    ["504", status(504)],
  ])("%s: it is on record as such, and counts as made", async (_name, fault) => {
    const { outcome } = await runFake({
      looks: [ill(oneStep), ill(oneStep), healthy()],
      apply: () => Promise.reject(fault),
      ...fast,
    });
    expect(outcome.writes).toMatchObject([{ step: deletion(), unconfirmed: true }]);
    expect(outcome.intents).toHaveLength(1);
    expect(outcome.verdict).toMatchObject({ kind: "recovered", reason: "Recovered" });
  });

  it("a refusal is none: nothing was written, and it is no attempt", async () => {
    const denied = new StatusError({ code: 400, reason: "", message: "admission webhook denied the request" });
    const { outcome } = await runFake({
      looks: [ill(acts("plan-2", { steps: [deletion("n1"), deletion("n2")] }))],
      apply: (step, generation) =>
        step.kind === "delete-pod" && step.node === "n2" ? Promise.reject(denied) : generation,
      ...fast,
    });
    expect(outcome.writes).toMatchObject([{ step: deletion("n1") }]);
    expect(outcome.intents.map(({ node }) => node)).toEqual(["n1"]);
    expect(outcome.verdict).toMatchObject({ kind: "failed", reason: "ApiError" });
  });
});

describe("two looks", () => {
  it("a template write after a deletion is dwelt on, too", async () => {
    const second = acts("plan-r", { steps: [rollback] });
    const looks = [ill(oneStep), ill(oneStep), ill(second), ill(second), healthy()];
    const { log } = await runFake({ looks });
    expect(log.filter((line) => line === "sleep 30000")).toHaveLength(2);
    expect(writes(log)).toHaveLength(2);
  });

  it("what was healthy in between is dwelt on anew", async () => {
    const looks = [ill(oneStep), healthy(0, 10_000), ill(oneStep), ill(oneStep), healthy()];
    const { log } = await runFake({ looks });
    expect(log.filter((line) => line === "sleep 30000")).toHaveLength(2);
  });
});

describe("time", () => {
  it("no dwell is begun that the time does not allow", async () => {
    const { outcome, took } = await runFake({
      looks: [moving(200_000), moving(1), ...Array.from({ length: 48 }, () => moving(5000)), ill(oneStep)],
    });
    expect(outcome).toMatchObject({ verdict: { kind: "waiting", reason: "OutOfTime" }, writes: [] });
    expect(took).toBeLessThanOrEqual(settingsFor("normal").timeoutMs);
  });

  it("a budget that can never suffice asks for a longer one", async () => {
    const { outcome, took } = await runFake({
      looks: [ill(oneStep)],
      settings: settingsFor("normal", { timeoutMs: 40_000 }),
    });
    expect(outcome.verdict).toMatchObject({
      kind: "declined",
      reason: "TimeoutTooShort",
      message: expect.stringContaining("--timeout"),
    });
    expect(took).toBe(0);
  });

  it("a lock that had to be waited for makes the plan an old one", async () => {
    const clock = { now: Date.UTC(2026, 0, 15, 12) };
    let waits = [25_000, 0];
    const log: string[] = [];
    const { outcome } = await runFake({
      looks: [ill(oneStep), ill(oneStep), ill(oneStep), ill(oneStep), healthy()],
      now: () => clock.now,
      startedAtMs: clock.now,
      ledger: {
        begin: () => {
          clock.now += waits[0] ?? 0;
          waits = waits.slice(1);
          log.push("begin");
          return Promise.resolve();
        },
        end: (undone) => {
          log.push(`end without ${undone.length}`);
          return Promise.resolve();
        },
      },
    });
    expect(log).toEqual(["begin", "end without 1", "begin", "end without 0"]);
    expect(outcome.writes).toHaveLength(1);
  });

  it("told to stop while a person is asked: interrupted, not denied", async () => {
    const stop = new AbortController();
    const wanted = ill(acts("plan-r", { steps: [rollback], needsApproval: true }));
    const ask = () => {
      stop.abort();
      return Promise.resolve(false);
    };
    const { outcome } = await runFake({ looks: [wanted], signal: stop.signal, approval: { kind: "ask", ask } });
    expect(outcome.verdict.reason).toBe("Interrupted");
  });
});
