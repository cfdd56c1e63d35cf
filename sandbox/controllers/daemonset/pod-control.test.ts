import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { StatusError } from "../../../src/kube/errors.ts";
import type { Kube, Live } from "../../../src/kube/types.ts";
import { createExpectations } from "../../machinery/expectations.ts";
import { createPodControl } from "./pod-control.ts";

const key = "kube-system/agent";
const metadata = { namespace: "kube-system", resourceVersion: "1", creationTimestamp: "2030-01-01T00:00:00Z" };
const ds: Live<DaemonSet> = { metadata: { ...metadata, name: "agent", uid: "uid-ds" } };
const pod: Live<Pod> = { metadata: { ...metadata, name: "agent-x", uid: "uid-x" } };

const recorder = { record: () => undefined, flush: () => Promise.resolve() };

/** Removes the pod while `onDelete` is what the API server does. Tells whether anything is still expected. */
async function removal(onDelete: (observe: (uid: string) => void) => void): Promise<boolean> {
  const expectations = createExpectations({ timeoutMs: 30_000, now: () => 0 });
  const kube: Pick<Kube, "delete"> = {
    delete: async () => onDelete((uid) => expectations.observe(uid, true)),
  };
  const control = createPodControl({ kube: kube as Kube, recorder, expectations, isShown: () => true });
  await control.apply(ds, { create: [], remove: [pod] }, "hash").catch(() => undefined);
  return !expectations.satisfied(key);
}

describe("expected deletions", () => {
  it("are over when the watch showed them before the answer came", async () => {
    expect(await removal((observe) => observe("uid-x"))).toBe(false);
  });
  it("wait for the watch when the answer came first", async () => {
    expect(await removal(() => undefined)).toBe(true);
  });
  it.each([404, 403])("are taken back when the server answers %i", async (code) => {
    const isExpected = await removal(() => {
      throw new StatusError({ code, reason: "", message: "no" });
    });
    expect(isExpected).toBe(false);
  });
});

describe("expected creations", () => {
  it.each([
    { name: "are over when the watch showed them before the answer came", shown: "uid-x", expected: false },
    { name: "wait for the watch when the answer came first", shown: undefined, expected: true },
  ])("$name", async ({ shown, expected }) => {
    const expectations = createExpectations({ timeoutMs: 30_000, now: () => 0 });
    const kube = { create: () => Promise.resolve(pod) } as unknown as Kube;
    const isShown = ({ metadata: { uid } }: Live<Pod>): boolean => uid === shown;
    const control = createPodControl({ kube, recorder, expectations, isShown });
    await control.apply(ds, { create: ["n1"], remove: [] }, "hash");
    expect(expectations.satisfied(key)).toBe(!expected);
  });
});
