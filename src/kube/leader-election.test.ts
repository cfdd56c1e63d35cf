import { afterEach, describe, expect, it, vi } from "vitest";
import type { LeaderElectionOptions } from "./leader-election.ts";
import { runLeaderElection } from "./leader-election.ts";
import { testKube } from "./testing/builders.ts";
import { failure, reset } from "./testing/fault-server.ts";
import type { LeaseServer } from "./testing/lease-server.ts";
import { startLeaseServer } from "./testing/lease-server.ts";

interface Candidate {
  stop: () => void;
  ended: Promise<void>;
  /** What happened, in order. */
  log: string[];
  leading: () => boolean;
  errors: unknown[];
}

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(): Promise<LeaseServer> {
  const server = await startLeaseServer();
  cleanUps.push(() => server.close());
  return server;
}

function stand(server: LeaseServer, identity: string, extra: Partial<LeaderElectionOptions> = {}): Candidate {
  const kube = testKube(server);
  const controller = new AbortController();
  const log: string[] = [];
  const errors: unknown[] = [];
  const ended = runLeaderElection({
    kube,
    namespace: "ns",
    name: "leader",
    identity,
    leaseDurationMs: 1000,
    renewDeadlineMs: 800,
    retryPeriodMs: 20,
    signal: controller.signal,
    onStarted: (signal) => {
      log.push("started");
      return new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          log.push("told to stop");
          resolve();
        });
      });
    },
    onStopped: () => log.push("stopped"),
    onError: (error) => errors.push(error),
    ...extra,
  });
  const stop = (): void => controller.abort(new Error("shutdown"));
  cleanUps.push(async () => {
    stop();
    await ended;
    kube.close();
  });
  return {
    stop,
    ended,
    log,
    errors,
    leading: () => log.filter((line) => line !== "told to stop").at(-1) === "started",
  };
}

const holder = (server: LeaseServer): string | undefined => server.lease()?.spec?.holderIdentity;

describe("leader election", () => {
  it("creates the Lease, renews it and releases it at the end", async () => {
    const server = await serve();
    const a = stand(server, "a");
    await vi.waitFor(() => expect(a.leading()).toBe(true));
    const first = server.lease()?.spec;
    expect(first).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 1, leaseTransitions: 0 });
    expect(first?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await vi.waitFor(() => expect(server.lease()?.spec?.renewTime).not.toBe(first?.renewTime));
    expect(server.lease()?.spec).toMatchObject({ acquireTime: first?.acquireTime, leaseTransitions: 0 });
    a.stop();
    await a.ended;
    expect(a.log).toEqual(["started", "told to stop", "stopped"]);
    expect(server.lease()?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
    expect(a.errors).toEqual([]);
  });

  it("has one leader of two; the other takes over after the release and counts the transition", async () => {
    const server = await serve();
    const candidates = [stand(server, "a"), stand(server, "b")] as const;
    await vi.waitFor(() => expect(candidates.some((candidate) => candidate.leading())).toBe(true));
    const [leader, other] = candidates[0].leading() ? candidates : ([candidates[1], candidates[0]] as const);
    expect(other.leading()).toBe(false);
    leader.stop();
    await leader.ended;
    await vi.waitFor(() => expect(other.leading()).toBe(true), { timeout: 3000 });
    expect(server.lease()?.spec?.leaseTransitions).toBe(1);
  });

  it("judges expiry by what it saw itself, not by the times in the Lease", async () => {
    const server = await serve();
    const longAgo = "2001-01-01T00:00:00.000000Z";
    server.put({ holderIdentity: "other", leaseDurationSeconds: 1, renewTime: longAgo, leaseTransitions: 4 });
    const started = performance.now();
    const a = stand(server, "a");
    await vi.waitFor(() => expect(a.leading()).toBe(true), { timeout: 5000 });
    expect(performance.now() - started).toBeGreaterThan(1000);
    expect(server.lease()?.spec?.leaseTransitions).toBe(5);
  });

  it("does not take a Lease whose holder keeps renewing", async () => {
    const server = await serve();
    const a = stand(server, "a");
    const started = performance.now();
    let count = 0;
    await vi.waitFor(
      () => {
        count += 1;
        server.put({ holderIdentity: "other", leaseDurationSeconds: 1, renewTime: `2001-01-01T00:00:00.${count}Z` });
        expect(performance.now() - started).toBeGreaterThan(1500);
      },
      { timeout: 5000, interval: 50 },
    );
    expect(a.log).toEqual([]);
  });

  it("stops leading when it cannot renew before the deadline, and stands again", async () => {
    const server = await serve();
    const a = stand(server, "a", { renewDeadlineMs: 400 });
    await vi.waitFor(() => expect(a.leading()).toBe(true));
    const broken = performance.now();
    server.fault = reset;
    await vi.waitFor(() => expect(a.log).toContain("stopped"), { timeout: 5000 });
    // Well before the Lease of one second is up for others.
    expect(performance.now() - broken).toBeLessThan(900);
    expect(a.errors.length).toBeGreaterThan(0);
    server.fault = undefined;
    await vi.waitFor(() => expect(a.leading()).toBe(true));
    expect(a.log).toEqual(["started", "told to stop", "stopped", "started"]);
  });

  it("stops leading at once when somebody else has the Lease", async () => {
    const server = await serve();
    const a = stand(server, "a", { renewDeadlineMs: 60_000 });
    await vi.waitFor(() => expect(a.leading()).toBe(true));
    server.put({ holderIdentity: "thief", leaseDurationSeconds: 60 });
    await vi.waitFor(() => expect(a.log).toEqual(["started", "told to stop", "stopped"]));
    a.stop();
    await a.ended;
    expect(holder(server)).toBe("thief");
  });

  it("goes on leading after a conflict that was its own unanswered write", async () => {
    const server = await serve();
    const a = stand(server, "a");
    await vi.waitFor(() => expect(a.leading()).toBe(true));
    server.put({ ...server.lease()?.spec, renewTime: "2001-01-01T00:00:00.000001Z" });
    await vi.waitFor(() => expect(server.lease()?.spec?.renewTime).not.toMatch(/^2001/));
    expect(a.log).toEqual(["started"]);
  });

  it("reports a refusal and keeps trying", async () => {
    const server = await serve();
    server.fault = failure(403, "Forbidden");
    const a = stand(server, "a");
    await vi.waitFor(() => expect(a.errors.length).toBeGreaterThan(1));
    server.fault = undefined;
    await vi.waitFor(() => expect(a.leading()).toBe(true));
  });

  it("survives a handler that fails, and does not wait for one that never stops", async () => {
    const server = await serve();
    const a = stand(server, "a", {
      onStarted: () => {
        throw new Error("handler");
      },
    });
    await vi.waitFor(() => expect(a.errors).toHaveLength(1));
    a.stop();
    await a.ended;
    const b = stand(server, "b", { onStarted: () => new Promise(() => {}), renewDeadlineMs: 100 });
    await vi.waitFor(() => expect(holder(server)).toBe("b"), { timeout: 5000 });
    b.stop();
    await b.ended;
    expect(holder(server)).toBe("");
  });

  it("leaves no timer behind that would keep the process alive", async () => {
    const server = await serve();
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const a = stand(server, "a", { renewDeadlineMs: 60_000, retryPeriodMs: 60_000 });
    await vi.waitFor(() => expect(a.leading()).toBe(true));
    a.stop();
    await a.ended;
    expect(timers()).toBe(before);
  });
});
