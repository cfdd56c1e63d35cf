import { describe, expect, it } from "vitest";
import { daemonSet, pod, revision } from "./builders.ts";
import { createKeyedBackoff } from "./failed-pod-backoff.ts";
import { planHistory, revisionData, surplusRevisions, templateHash } from "./revisions.ts";

const ds = daemonSet();
const other = revisionData(daemonSet({ podSpec: { containers: [{ name: "main", image: "app:other" }] } }));

describe("ControllerRevisions", () => {
  it("makes a first revision that puts the whole template back", () => {
    const plan = planHistory(ds, []);
    expect(plan).toMatchObject({
      kind: "create",
      revision: { revision: 1, data: { spec: { template: { $patch: "replace" } } } },
    });
    expect(plan.kind === "create" && plan.revision.metadata?.name).toMatch(/^agent-[bcdfghjklmnpqrstvwxz2456789]+$/);
  });

  it("uses an equal revision whatever the order of its keys, and raises its number after a rollback", () => {
    const { spec } = revisionData(ds);
    const shuffled = { spec: { template: Object.fromEntries(Object.entries(spec.template).reverse()) } };
    const plan = planHistory(ds, [revision("a", 1, ds, shuffled), revision("b", 2, ds, other)]);
    expect(plan).toMatchObject({ kind: "use", current: { metadata: { name: "agent-a" } }, raiseTo: 3 });
  });

  it("leaves the number of the newest one alone", () => {
    const plan = planHistory(ds, [revision("a", 5, ds, revisionData(ds)), revision("b", 2, ds, other)]);
    expect(plan).toMatchObject({ kind: "use", raiseTo: undefined });
  });

  it("varies the hash by the collision count", () => {
    const template = ds.spec?.template ?? {};
    expect(templateHash(template, undefined)).toBe(templateHash({ ...template }, undefined));
    expect(templateHash(template, 1)).not.toBe(templateHash(template, undefined));
  });

  it("removes the oldest beyond the limit, but none that a live pod runs", () => {
    const limited = daemonSet({ spec: { revisionHistoryLimit: 1 } });
    const old = [3, 1, 2].map((number) => revision(`r${number}`, number, ds, other));
    const gone = surplusRevisions({ ds: limited, old, pods: [pod("n1", { hash: "r1" })] });
    expect(gone.map((each) => each.metadata.name)).toEqual(["agent-r2", "agent-r3"]);
  });
});

describe("back-off of failed pods", () => {
  it("doubles up to its cap and starts over after a quiet time", () => {
    const backoff = createKeyedBackoff({ baseMs: 100, capMs: 400 });
    const waits: number[] = [];
    let at = 0;
    for (let round = 0; round < 4; round++) {
      backoff.next("k", at);
      waits.push(backoff.remainingMs("k", at));
      at += waits.at(-1) ?? 0;
    }
    expect(waits).toEqual([100, 200, 400, 400]);
    expect(backoff.remainingMs("other", at)).toBe(0);
    at += 1_000;
    backoff.next("k", at);
    expect(backoff.remainingMs("k", at)).toBe(100);
  });
});
