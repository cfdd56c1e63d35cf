import { describe, expect, it } from "vitest";
import { aHook, anAlert } from "../../test/support/control-fixture.ts";
import { createAlertStore } from "./alert-store.ts";
import type { AuthSettings } from "./auth.ts";
import { authorise } from "./auth.ts";
import { createByteBudget, readBody } from "./body.ts";
import { shown, snapshot } from "./snapshot.ts";

describe("authorise", () => {
  const basic: AuthSettings = { method: "basic", user: "u", secrets: ["old", "p:w"] };
  const bearer: AuthSettings = { method: "bearer", secrets: ["old", "tok"] };
  const encode = (text: string) => Buffer.from(text).toString("base64");

  it.each<[string, AuthSettings, string | undefined, "allowed" | "denied"]>([
    ["none", { method: "none" }, undefined, "allowed"],
    ["basic, right", basic, `Basic ${encode("u:p:w")}`, "allowed"],
    ["basic, the other password", basic, `Basic ${encode("u:old")}`, "allowed"],
    ["basic, another user", basic, `Basic ${encode("v:old")}`, "denied"],
    ["basic, scheme in other case", basic, `bAsIc ${encode("u:p:w")}`, "allowed"],
    ["basic, wrong password", basic, `Basic ${encode("u:x")}`, "denied"],
    ["basic, absent", basic, undefined, "denied"],
    ["basic, not base64", basic, "Basic %%%", "denied"],
    ["basic, a bearer token", basic, "Bearer tok", "denied"],
    ["bearer, right", bearer, "Bearer tok", "allowed"],
    ["bearer, the other token", bearer, "Bearer old", "allowed"],
    ["bearer, both", bearer, "Bearer old,tok", "denied"],
    ["no secret at all", { method: "bearer", secrets: [] }, "Bearer ", "denied"],
    ["bearer, scheme in other case", bearer, "bearer   tok ", "allowed"],
    ["bearer, wrong", bearer, "Bearer toc", "denied"],
    ["bearer, absent", bearer, undefined, "denied"],
    ["bearer, empty", bearer, "Bearer ", "denied"],
    ["bearer, without scheme", bearer, "tok", "denied"],
  ])("%s", (_, settings, header, want) => expect(authorise(settings, header).kind).toBe(want));
});

describe("readBody", () => {
  const small = { bytes: 1000, drainBytes: 500, drainMs: 1000 };
  const roomy = () => createByteBudget(1_000_000);
  const request = (body: ReadableStream<Uint8Array> | string, headers: Record<string, string> = {}) =>
    new Request("http://x", { method: "POST", body, headers, duplex: "half" } as RequestInit);

  it("reads across chunks, characters split between them included", async () => {
    const bytes = new TextEncoder().encode("a🙂b");
    const stream = ReadableStream.from([bytes.slice(0, 3), bytes.slice(3)]);
    expect(await readBody(request(stream as ReadableStream<Uint8Array>), roomy(), small)).toEqual({
      kind: "text",
      text: "a🙂b",
      bytes: 6,
    });
  });

  it("counts while reading, lets the sender finish within bounds, and then stops asking", async () => {
    let given = 0;
    const stream = new ReadableStream<Uint8Array>(
      { pull: (controller) => controller.enqueue(new Uint8Array(100).fill(++given)) },
      { highWaterMark: 0 },
    );
    expect(await readBody(request(stream), roomy(), small)).toEqual({ kind: "too-large", limit: 1000 });
    // Ten are kept, the eleventh is too much, five are dropped, and one more tells that there is no end.
    expect(given).toBe(17);
  });

  it("does not wait for a refused sender that stalls", async () => {
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(2000)) });
    const limits = { ...small, drainMs: 10 };
    expect(await readBody(request(stream), roomy(), limits)).toMatchObject({ kind: "too-large" });
  });

  it("takes no more than its share of the memory for all, and gives it back when it refuses", async () => {
    const budget = createByteBudget(10);
    expect(await readBody(request("123456"), budget, small)).toMatchObject({ kind: "text", bytes: 6 });
    expect(await readBody(request("123456"), budget, small)).toEqual({ kind: "busy" });
    expect(budget.take(4)).toBe(true);
    expect(budget.take(1)).toBe(false);
  });

  it("believes a Content-Length that says too much", async () => {
    expect(await readBody(request("x", { "content-length": "2000" }), roomy(), small)).toMatchObject({
      kind: "too-large",
    });
  });
});

describe("the alert store", () => {
  const entry = (name: string, more: object = {}) => {
    const { labels, annotations } = anAlert({ labels: { alertname: name }, annotations: { summary: "Broken Disk" } });
    return { alert: { labels, annotations }, status: "firing", timestamp: "t", ...more };
  };

  it("is newest first and drops the oldest beyond its capacity", () => {
    const store = createAlertStore(3);
    for (const name of ["a", "b", "c", "d"]) store.add(entry(name));
    expect(store.search().map(({ alert }) => alert.labels.alertname)).toEqual(["d", "c", "b"]);
  });

  it.each([
    ["", 2],
    ["FIRING", 1],
    ["resolved", 1],
    ["first", 1],
    ["broken disk", 2],
    ["fix-it", 1],
    ["job-7", 1],
    ["Image:1", 1],
    ["nothing", 0],
  ])("finds %s in %i", (query, want) => {
    const store = createAlertStore();
    const jobInfo = { operariusName: "fix-it", jobName: "job-7", namespace: "n", image: "image:1" };
    store.add(entry("First", { jobInfo }));
    store.add(entry("Second", { status: "resolved" }));
    expect(store.search(query)).toHaveLength(want);
  });
});

describe("snapshot", () => {
  it("keeps what is small", () => {
    const alert = anAlert();
    expect(snapshot(alert, aHook())).toEqual({ alert, hook: aHook() });
  });

  it("cuts long annotations so that the record can be stored, and never a label", () => {
    const alert = anAlert({ annotations: { long: "x".repeat(3_000_000) }, labels: { a: "y".repeat(2000) } });
    const taken = snapshot(alert, aHook());
    expect(JSON.stringify(taken).length).toBeLessThan(10_000);
    expect(taken?.alert.labels).toEqual(alert.labels);
    expect(taken?.alert.annotations.long).toMatch(/\(cut\)$/);
  });

  it.each([
    ["labels", { alert: anAlert({ labels: { a: "x".repeat(300_000) } }), hook: aHook() }],
    ["the group's key", { alert: anAlert(), hook: aHook({ groupKey: "x".repeat(300_000) }) }],
  ])("has no form that can be stored when %s are too large", (_, { alert, hook }) =>
    expect(snapshot(alert, hook)).toBeUndefined(),
  );
});

describe("shown", () => {
  it("is the alert without what only machines need", () => {
    const alert = anAlert({ fingerprint: "f" });
    const { labels, annotations, startsAt } = alert;
    expect(shown(alert)).toEqual({ labels, annotations, startsAt });
  });

  it.each([
    ["a long label", anAlert({ labels: { alertname: "A", a: "x".repeat(3_000_000) } })],
    ["a long name of a label", anAlert({ labels: { alertname: "A", ["x".repeat(3_000_000)]: "v" } })],
    ["a long annotation", anAlert({ labels: { alertname: "A" }, annotations: { a: "x".repeat(3_000_000) } })],
    ["a long time", anAlert({ labels: { alertname: "A" }, startsAt: "x".repeat(3_000_000) })],
    [
      "many labels",
      anAlert({
        labels: Object.fromEntries([["alertname", "A"], ...Array.from({ length: 9999 }, (_, n) => [`a${n}`, ""])]),
      }),
    ],
  ])("is small whatever was sent: %s", (_, alert) => {
    const small = shown(alert);
    expect(JSON.stringify(small).length).toBeLessThan(50_000);
    expect(small.labels.alertname).toBe("A");
  });
});
