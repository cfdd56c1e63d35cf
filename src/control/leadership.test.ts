import { describe, expect, it } from "vitest";
import { aContext, NAMESPACE, until } from "../../test/support/control-fixture.ts";
import type { MemoryKube } from "../../test/support/memory-kube.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError } from "../kube/errors.ts";
import { runLeadership } from "./leadership.ts";

/** A replica that leads until its term ends. */
function replica(kube: MemoryKube) {
  const { log, lines } = aContext(kube);
  const stop = new AbortController();
  const state = { leading: 0, terms: 0 };
  const lead = async (signal: AbortSignal) => {
    state.leading++;
    state.terms++;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    state.leading--;
  };
  const ended = runLeadership({ kube, namespace: NAMESPACE, log, signal: stop.signal, lead });
  return {
    state,
    lines,
    stop: async () => {
      stop.abort(new Error("over"));
      await ended;
    },
  };
}

describe("leadership", () => {
  it("is one replica's, and goes to the other when it stops", async () => {
    const kube = createMemoryKube();
    const one = replica(kube);
    await until(() => one.state.leading === 1, "a leader");
    const other = replica(kube);
    await until(() => kube.calls.filter(({ plural }) => plural === "leases").length > 3, "the other one's try");
    expect(other.state.leading).toBe(0);
    await one.stop();
    expect(one.state.leading).toBe(0);
    await until(() => other.state.leading === 1, "the other one leads", 15_000);
    await other.stop();
  });

  it("is everybody's where nobody has the right to the Lease: nothing is left undone", async () => {
    const kube = createMemoryKube();
    const forbidden = new StatusError({ code: 403, reason: "Forbidden", message: "no leases" });
    kube.failWith(({ plural }) => (plural === "leases" ? forbidden : undefined));
    const replicas = [replica(kube), replica(kube)];
    await until(() => replicas.every(({ state }) => state.leading === 1), "both work");
    expect(replicas[0]?.lines.join("")).toContain("as if it led");
    for (const each of replicas) await each.stop();
    expect(replicas.map(({ state }) => [state.leading, state.terms])).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });
});
