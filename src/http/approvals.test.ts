import { describe, expect, it } from "vitest";
import { aContext, awaitingRemediation, NAMESPACE } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { createCatalog } from "../control/catalog.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { remediations } from "../operarius/remediation.ts";
import { createApp } from "./app.ts";

const NAME = "daemonset-agent-abcdefghij-1";
const APPROVAL = `/api/remediations/${NAME}/approval`;

interface Review {
  spec: { token?: string; user?: string; groups?: string[]; resourceAttributes?: Record<string, string> };
}

/** ann may everything, bob may read, everybody else is unknown. */
async function setUp() {
  const kube = createMemoryKube();
  const clock = { now: Date.parse("2026-01-01T00:30:00Z") };
  const context = aContext(kube, { now: () => clock.now });
  const reviews: Review[] = [];
  const tokens = new Map([
    ["ann-token", "ann"],
    ["bob-token", "bob"],
  ]);
  kube.answerPosts((path, body) => {
    const review = body as Review;
    reviews.push(review);
    const { token = "", user = "", resourceAttributes } = review.spec;
    if (path === "/apis/authentication.k8s.io/v1/tokenreviews") {
      const username = tokens.get(token);
      return {
        status: username ? { authenticated: true, user: { username, groups: ["staff"] } } : { authenticated: false },
      };
    }
    expect(path).toBe("/apis/authorization.k8s.io/v1/subjectaccessreviews");
    expect(resourceAttributes).toMatchObject({ group: "openfero.io", resource: "remediations", namespace: NAMESPACE });
    return { status: { allowed: user === "ann" || (user === "bob" && resourceAttributes?.verb !== "patch") } };
  });
  const woken: string[] = [];
  const cache = { hasSynced: () => true, items: () => [] };
  const app = createApp({
    receiver: {
      context,
      catalog: createCatalog({ kube, namespace: NAMESPACE, cache }),
      store: createAlertStore(),
      wake: (name) => woken.push(name),
    },
    auth: { method: "bearer", secrets: ["webhook"] },
    about: { version: "", commit: "", buildDate: "" },
    isReady: () => true,
    isStopping: () => false,
    writeTimeoutMs: 5000,
    maxBodyBytes: 4_194_304,
    maxConcurrentDeliveries: 64,
  });
  await awaitingRemediation(kube);
  const call = async (path: string, token?: string, body?: unknown) => {
    const init: RequestInit = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
    const post = { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
    const answer = await app.request(path, body === undefined ? init : { ...init, ...post });
    return { code: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  };
  const approval = () => kube.all(remediations)[0]?.spec.approval;
  return { kube, clock, context, reviews, tokens, woken, app, call, approval };
}

describe("who may use the API for people", () => {
  it.each([
    ["no token", undefined],
    ["an unknown token", "mallory-token"],
    ["the webhook's secret", "webhook"],
  ])("%s is 401 everywhere, and nothing is written", async (_, token) => {
    const { call, approval } = await setUp();
    for (const path of ["/api/remediations", `/api/remediations/${NAME}`]) {
      const { code, headers } = await call(path, token);
      expect([code, headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="kubernetes"']);
    }
    expect((await call(APPROVAL, token, { decision: "deny" })).code).toBe(401);
    expect(approval()).toBeUndefined();
  });

  it("a token of the cluster opens nothing else", async () => {
    const { call } = await setUp();
    expect((await call("/api/alerts", "ann-token")).code).toBe(401);
    expect((await call("/api/alerts", "webhook")).code).toBe(200);
  });

  it("403 names the right that is missing", async () => {
    const { call, approval } = await setUp();
    const { code, body } = await call(APPROVAL, "bob-token", { decision: "approve", planDigest: "abc" });
    expect(code).toBe(403);
    expect(body.error).toBe(`bob lacks a right: patch on remediations.openfero.io in namespace ${NAMESPACE}`);
    expect(approval()).toBeUndefined();
  });

  it.each([
    ["does not answer", new TransportError("connect ECONNREFUSED")],
    ["refuses the server", new StatusError({ code: 403, reason: "Forbidden", message: "tokenreviews is forbidden" })],
    ["does not know the server", new StatusError({ code: 401, reason: "Unauthorized", message: "Unauthorized" })],
  ])("503 when the API server %s, never 401", async (_, error) => {
    const { kube, call, approval } = await setUp();
    kube.failWith(({ verb }) => (verb === "post" ? error : undefined));
    const { code, headers } = await call(APPROVAL, "ann-token", { decision: "approve", planDigest: "abc" });
    expect([code, headers.get("retry-after")]).toEqual([503, "5"]);
    expect(approval()).toBeUndefined();
    kube.failWith(() => undefined);
    expect((await call(APPROVAL, "ann-token", { decision: "approve", planDigest: "abc" })).code).toBe(200);
  });

  it("believes a token for ten seconds, and asks about rights each time", async () => {
    const { call, reviews, tokens, clock } = await setUp();
    const asked = () => reviews.filter(({ spec }) => spec.token !== undefined).length;
    await Promise.all([call("/api/remediations", "ann-token"), call("/api/remediations", "ann-token")]);
    expect([asked(), reviews.length]).toEqual([1, 3]);
    tokens.delete("ann-token");
    clock.now += 9999;
    expect((await call("/api/remediations", "ann-token")).code).toBe(200);
    clock.now += 1;
    expect((await call("/api/remediations", "ann-token")).code).toBe(401);
  });

  it("hands on the groups, and never logs a token", async () => {
    const { call, reviews, context } = await setUp();
    await call(APPROVAL, "ann-token", { decision: "approve", planDigest: "abc" });
    await call(APPROVAL, "mallory-token", { decision: "deny" });
    expect(reviews.find(({ spec }) => spec.user === "ann")?.spec.groups).toEqual(["staff"]);
    expect(context.lines.join("\n")).toContain("a plan was answered");
    expect(context.lines.join("\n")).not.toMatch(/(ann|mallory)-token/);
  });

  it("keeps guesses from flooding the API server", async () => {
    const { call, kube } = await setUp();
    let go = (): void => undefined;
    const held = new Promise<undefined>((resolve) => {
      go = () => resolve(undefined);
    });
    kube.failWith(({ plural }) => (plural === "tokenreviews" ? held : undefined));
    const guesses = Array.from({ length: 40 }, (_, index) => call("/api/remediations", `guess-${index}`));
    const busy = await Promise.race(guesses);
    expect([busy.code, busy.headers.get("retry-after")]).toEqual([503, "5"]);
    go();
    const codes = (await Promise.all(guesses)).map(({ code }) => code);
    expect(codes.filter((code) => code === 401)).toHaveLength(16);
  });
});

describe("GET /api/remediations", () => {
  it("lists what a person needs to see, and shows one in full", async () => {
    const { call } = await setUp();
    const list = await call("/api/remediations", "bob-token");
    expect(list.body).toEqual({
      items: [expect.objectContaining({ name: NAME, phase: "AwaitingApproval", planDigest: "abc", attempts: 1 })],
    });
    const one = await call(`/api/remediations/${NAME}`, "bob-token");
    expect(one.body).toMatchObject({ metadata: { name: NAME }, spec: { sequence: 1 }, status: { planDigest: "abc" } });
  });

  it.each(["/api/remediations/absent", "/api/remediations/%252e", "/api/remediations/a%2fb"])(
    "%s is 404 or 400",
    async (path) => {
      const { call } = await setUp();
      expect([400, 404]).toContain((await call(path, "ann-token")).code);
    },
  );
});

describe("POST /api/remediations/{name}/approval", () => {
  it("writes who answered as the cluster names them, and wakes the loop", async () => {
    const { call, approval, woken } = await setUp();
    const given = { decision: "approve", planDigest: "abc", reason: "looks right" };
    const { code, body } = await call(APPROVAL, "ann-token", given);
    expect([code, body]).toEqual([200, { remediation: NAME, approval: { ...given, by: "ann" } }]);
    expect(approval()).toEqual({ ...given, by: "ann" });
    expect(woken).toEqual([NAME]);
  });

  it.each<[string, unknown]>([
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", []],
    ["no decision", { planDigest: "abc" }],
    ["another decision", { decision: "maybe", planDigest: "abc" }],
    ["somebody else's name", { decision: "approve", planDigest: "abc", by: "root" }],
    ["a digest that is no text", { decision: "approve", planDigest: 7 }],
    ["a very long reason", { decision: "deny", reason: "x".repeat(1001) }],
  ])("%s is 400 and writes nothing", async (_, given) => {
    const { call, approval } = await setUp();
    const { code, body } = await call(APPROVAL, "ann-token", given);
    expect(code).toBe(400);
    expect(body.error).toContain('"decision"');
    expect(approval()).toBeUndefined();
  });

  it("413 for a body that no answer has", async () => {
    const { call } = await setUp();
    expect((await call(APPROVAL, "ann-token", "x".repeat(70_000))).code).toBe(413);
  });

  it("409 names the plan that awaits, and writes nothing", async () => {
    const { call, approval } = await setUp();
    const { code, body } = await call(APPROVAL, "ann-token", { decision: "approve", planDigest: "abd" });
    expect([code, body.planDigest, body.reason]).toEqual([409, "abc", "OtherPlan"]);
    expect(body.error).toContain("abc");
    expect(approval()).toBeUndefined();
  });

  it("409 when the record changes between the look and the write", async () => {
    const { call, kube, approval } = await setUp();
    kube.failWith(async ({ verb }) => {
      if (verb !== "patch") return undefined;
      kube.failWith(() => undefined);
      const body = { status: { planDigest: "new" } };
      await kube.patchStatus(remediations, { namespace: NAMESPACE, name: NAME }, { type: "merge", body });
      return undefined;
    });
    const { code, body } = await call(APPROVAL, "ann-token", { decision: "approve", planDigest: "abc" });
    expect([code, body.error]).toEqual([409, expect.stringContaining("changed meanwhile")]);
    expect(approval()).toBeUndefined();
  });

  it("404 for a record that is not there, 405 for another method", async () => {
    const { call, app } = await setUp();
    expect((await call("/api/remediations/absent/approval", "ann-token", { decision: "deny" })).code).toBe(404);
    expect((await app.request(APPROVAL)).status).toBe(405);
  });

  it("of twenty people at once only one answers", async () => {
    const { call } = await setUp();
    const given = { decision: "approve", planDigest: "abc" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(APPROVAL, "ann-token", given)));
    expect(answers.filter(({ code }) => code === 200)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 409)).toHaveLength(19);
  });
});
