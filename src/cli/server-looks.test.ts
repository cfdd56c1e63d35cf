import type { Lease } from "kubernetes-types/coordination/v1";
import { describe, expect, it } from "vitest";
import { HOUR, MINUTE, NOW, SECOND } from "../../test/support/daemonset-builders.ts";
import { aCluster, aSet } from "../../test/support/memory-cluster.ts";
import type { MemoryKube } from "../../test/support/memory-kube.ts";
import type { Look, LookRequest } from "../control/looks.ts";
import { leaseName } from "../engine/ledger.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { objectPath } from "../kube/paths.ts";
import { daemonSets, leases, pods } from "../kube/resources.ts";
import type { Target } from "../operarius/target.ts";
import { createLogger } from "../reporting/log.ts";
import { createLooks } from "./server-looks.ts";

const HEAL = ["heal", "daemonset"];
const targetOf = (namespace: string, name: string): Target => ({ cluster: "prod", kind: "DaemonSet", namespace, name });
const well = targetOf("shop", "well");
const ill = targetOf("kube-system", "ill");

/** The cluster was made an hour ago. */
async function aScene() {
  const clock = { now: NOW - HOUR };
  const kube = await aCluster(() => clock.now);
  clock.now = NOW;
  const stopping = new AbortController();
  const looks = createLooks({
    kube,
    installationNamespace: "openfero",
    pace: "normal",
    now: () => clock.now,
    signal: stopping.signal,
    log: createLogger({ level: "error", destination: { write: () => undefined } }),
  });
  const look = (target: Target, request: Partial<LookRequest> = {}) =>
    looks.look({ target, sinceMs: 0, jobArguments: HEAL, ...request });
  return { clock, kube, looks, look, stopping };
}

type Seen = Extract<Look, { kind: "seen" }>;

function seen(look: Look): Seen {
  if (look.kind !== "seen") throw new Error(`it was not seen: ${JSON.stringify(look)}`);
  return look;
}

function fail(kube: MemoryKube, error: (plural: string) => Error, ...plurals: string[]): void {
  kube.failWith(({ plural }) => (plurals.includes(plural) ? error(plural) : undefined));
}
const forbidden = (plural: string) =>
  new StatusError({ code: 403, reason: "Forbidden", message: `${plural} is forbidden` });

/** kube-system/loops crashes on n2, nobody else is in trouble there; made an hour ago, as the rest. */
async function crashing({ kube, clock }: Awaited<ReturnType<typeof aScene>>, name = "loops"): Promise<Target> {
  clock.now = NOW - HOUR;
  await aSet(kube, "kube-system", name, "CrashLoopBackOff");
  clock.now = NOW;
  if (kube.all(pods).some(({ metadata }) => metadata.name === "ill-n2"))
    await kube.delete(pods, { namespace: "kube-system", name: "ill-n2" });
  return targetOf("kube-system", name);
}

async function annotate(kube: MemoryKube, { namespace, name }: Target, annotations: object): Promise<void> {
  await kube.patch(daemonSets, { namespace, name }, { type: "merge", body: { metadata: { annotations } } });
}

describe("what it knows", () => {
  it.each<[string, boolean, Partial<Target>, readonly string[]]>([
    ["a DaemonSet and our own Job", true, {}, ["operarius", ...HEAL, "--rollback=approve"]],
    ["named by a template", true, {}, [...HEAL, "{{ .Labels.daemonset }}", "-n", "{{ .Labels.namespace }}"]],
    ["named by a variable", true, {}, [...HEAL, "$(OPENFERO_DAEMONSET)"]],
    ["named as it is", true, {}, [...HEAL, "well", "-n", "shop"]],
    ["another DaemonSet", false, {}, [...HEAL, "ill"]],
    ["another namespace", false, {}, [...HEAL, "-n", "kube-system"]],
    ["another kind", false, { kind: "Deployment" }, HEAL],
    ["a script", false, {}, ["sh", "-c", "kubectl rollout restart ds/well"]],
    ["a Job that would not start", false, {}, [...HEAL, "--rollback=perhaps"]],
  ])("%s: %s", async (_name, want, overrides, args) => {
    const { looks } = await aScene();
    expect(looks.knows({ ...well, ...overrides }, args)).toBe(want);
  });

  it("says so when it is asked to look at something else", async () => {
    const { look } = await aScene();
    expect(await look({ ...well, kind: "Deployment" })).toMatchObject({ kind: "unread", at: NOW });
  });
});

describe("a look", () => {
  it("at one that is well: for how long, and nothing to do", async () => {
    const { look, kube } = await aScene();
    const [{ metadata }] = kube.all(daemonSets).filter((each) => each.metadata.name === "well") as [
      { metadata: object },
    ];
    expect(await look(well)).toEqual({
      kind: "seen",
      at: NOW,
      uid: (metadata as { uid: string }).uid,
      generation: 1,
      health: "healthy",
      cause: "none",
      reason: "Healthy",
      message: "All 2 pods are up to date and available.",
      soak: { soakedMs: NOW - Date.parse("2026-01-01T00:00:00Z"), requiredMs: 60_000 },
      plan: { kind: "nothing", reason: "Healthy", message: expect.any(String) },
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  it("does not count health from before our last write", async () => {
    const { look } = await aScene();
    expect(seen(await look(well, { sinceMs: NOW - 5 * SECOND })).soak).toEqual({ soakedMs: 5000, requiredMs: 60_000 });
  });

  it("at one that is stuck: why, and what would be done", async () => {
    const { look } = await aScene();
    const found = await look(ill);
    expect(found).toMatchObject({
      health: "unhealthy",
      cause: "C01",
      reason: "ImageNotFound",
      plan: { kind: "decline", reason: "ImageNotFound" },
    });
    expect(found).not.toHaveProperty("soak");
    expect(found).not.toHaveProperty("root");
  });

  it("at one that is starting: when something is expected", async () => {
    const { look, kube, clock } = await aScene();
    await aSet(kube, "shop", "young", "ContainerCreating");
    clock.now += MINUTE;
    const found = seen(await look(targetOf("shop", "young")));
    expect([found.health, found.plan.kind, found.cause]).toEqual(["pending", "wait", "none"]);
    expect(found.recheckAfterMs).toBeGreaterThan(0);
  });

  it.each([
    ["without a namespace", targetOf("", "well")],
    ["in a namespace that none can be", targetOf("..", "well")],
    ["of a name that none can have", targetOf("shop", "a/b")],
    ["of a name that is too long", targetOf("shop", "a".repeat(10_000))],
  ])("at one %s: it is not there, instead of being asked for again and again", async (_, target) => {
    const { kube, look } = await aScene();
    // As the client does it.
    const get = kube.get.bind(kube);
    kube.get = async (resource, ref) => {
      objectPath(resource, ref);
      return get(resource, ref);
    };
    expect(await look(target)).toEqual({ kind: "gone", at: NOW });
  });
  it("at one that is gone", async () => {
    expect(await (await aScene()).look(targetOf("shop", "ghost"))).toEqual({ kind: "gone", at: NOW });
  });

  it("tells who changed the spec last", async () => {
    const { look, kube } = await aScene();
    const entry = { manager: "kubectl-edit", time: "2026-01-14T00:00:00Z", fieldsV1: { "f:spec": {} } };
    await kube.patch(
      daemonSets,
      { namespace: "shop", name: "well" },
      { type: "merge", body: { metadata: { managedFields: [entry] } } },
    );
    expect(seen(await look(well)).edit).toEqual({ by: "kubectl-edit", at: Date.parse("2026-01-14T00:00:00Z") });
  });

  it("only reads", async () => {
    const scene = await aScene();
    const target = await crashing(scene);
    scene.kube.calls.length = 0;
    for (const each of [well, ill, target]) await scene.look(each);
    expect(new Set(scene.kube.calls.map(({ verb }) => verb))).toEqual(new Set(["get", "list"]));
  });

  it("lists the nodes once for all looks within ten seconds", async () => {
    const { look, kube, clock } = await aScene();
    const lists = () => kube.calls.filter(({ plural }) => plural === "nodes").length;
    await Promise.all([look(well), look(ill), look(well)]);
    expect(lists()).toBe(1);
    clock.now += 10 * SECOND;
    await look(well);
    expect(lists()).toBe(2);
  });

  it("has the same fingerprint until something changes", async () => {
    const scene = await aScene();
    const target = await crashing(scene);
    const first = seen(await scene.look(target)).fingerprint;
    scene.clock.now += HOUR;
    expect(seen(await scene.look(target)).fingerprint).toBe(first);
    await scene.kube.delete(pods, { namespace: "kube-system", name: "loops-n2" });
    expect(seen(await scene.look(target)).fingerprint).not.toBe(first);
  });

  it("ends with the server", async () => {
    const { look, stopping } = await aScene();
    stopping.abort(new Error("stopped"));
    await expect(look(well)).rejects.toThrow("stopped");
  });
});

describe("the plan of a look", () => {
  it("to act has a digest, and the node behind it is named", async () => {
    const scene = await aScene();
    const found = await scene.look(await crashing(scene));
    expect(found).toMatchObject({
      cause: "C04",
      root: "node/n2",
      plan: { kind: "act", reason: "OneNodeOnly", digest: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
  });

  it.each<[string, readonly string[]]>([
    ["that waits for approval", ["--mode=approve"]],
    ["under another pace", ["--pace=fast"]],
  ])("%s is still one to act, with the same digest", async (_name, flags) => {
    const scene = await aScene();
    const target = await crashing(scene);
    const { plan } = seen(await scene.look(target));
    expect(seen(await scene.look(target, { jobArguments: [...HEAL, ...flags] })).plan).toMatchObject({
      kind: "act",
      digest: plan.digest,
    });
  });

  it("keeps to the policies of the Job", async () => {
    const scene = await aScene();
    const target = await crashing(scene);
    const found = await scene.look(target, { jobArguments: [...HEAL, "--delete=off"] });
    expect(found).toMatchObject({ plan: { kind: "decline" } });
    expect(seen(found).plan).not.toHaveProperty("digest");
  });

  it.each<[string, object, string]>([
    ["a guard forbids", { "operarius.openfero.io/remedy": "disabled" }, "OptedOut"],
    ["cannot be made", { "operarius.openfero.io/delete": "perhaps" }, "PolicyUnreadable"],
  ])("that %s is a decline, with the reason", async (_name, annotations, reason) => {
    const scene = await aScene();
    const target = await crashing(scene);
    await annotate(scene.kube, target, annotations);
    const { plan } = seen(await scene.look(target));
    expect(plan).toMatchObject({ kind: "decline", reason });
    expect(plan.message).toContain("operarius.openfero.io/");
  });

  it("waits for what others nearby have in common", async () => {
    const scene = await aScene();
    const target = await crashing(scene);
    await crashing(scene, "neighbour");
    expect(await scene.look(target)).toMatchObject({
      root: "node/n2",
      plan: {
        kind: "decline",
        reason: "DependencyUnhealthy",
        message: expect.stringContaining("kube-system/neighbour"),
      },
    });
  });

  it("knows what was tried, and declines where the ledger cannot be understood", async () => {
    const scene = await aScene();
    const target = await crashing(scene);
    await scene.kube.create<Lease>(leases, {
      metadata: {
        namespace: "openfero",
        name: leaseName({ ...target, cluster: "" }),
        labels: { "app.kubernetes.io/managed-by": "operarius" },
        annotations: { "operarius.openfero.io/intents": "nonsense" },
      },
    });
    expect(seen(await scene.look(target)).plan).toMatchObject({ kind: "decline", reason: "LedgerUnreadable" });
  });
});

describe("missing rights", () => {
  it.each(["daemonsets", "pods", "nodes", "controllerrevisions"])(
    "%s: it is not seen, and that is said",
    async (plural) => {
      const { kube, look } = await aScene();
      fail(kube, forbidden, plural);
      expect(await look(ill)).toEqual({
        kind: "unread",
        at: NOW,
        message: expect.stringMatching(new RegExp(`${plural} is forbidden.*operarius-read`)),
      });
    },
  );

  it.each(["leases", "namespaces", "events"])("%s: it is a look all the same", async (plural) => {
    const { kube, look } = await aScene();
    fail(kube, forbidden, plural);
    expect(await look(ill)).toMatchObject({ kind: "seen", cause: "C01" });
  });
});

it.each<[string, (plural: string) => Error, string]>([
  ["no answer", () => new TransportError("reset"), "nodes"],
  ["a failing server", () => new StatusError({ code: 500, reason: "InternalError", message: "oops" }), "pods"],
  ["a ledger that does not answer", () => new TransportError("reset"), "leases"],
])("%s rejects, and the next look is not spoiled", async (_name, error, plural) => {
  const { kube, look } = await aScene();
  fail(kube, error, plural);
  await expect(look(ill)).rejects.toThrow(/reset|oops/);
  fail(kube, error);
  expect((await look(ill)).kind).toBe("seen");
});
