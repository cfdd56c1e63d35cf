import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digest } from "../../src/engine/digest.ts";
import { readReceipt } from "../../src/engine/read-receipt.ts";
import { unfoldLooks } from "../../src/engine/receipt-looks.ts";
import { MOST_CHARACTERS, pack, unpack } from "../../src/engine/receipt-pack.ts";
import type { Receipt } from "../../src/engine/receipt-schema.ts";
import { receiptSchema } from "../../src/engine/receipt-schema.ts";
import { replay } from "../../src/engine/replay.ts";
import type { Observation } from "../../src/remedies/daemonset-rollout/facts.ts";
import { daemonSetRollout } from "../../src/remedies/daemonset-rollout/remedy.ts";
import type { Cluster } from "../support/any-cluster.ts";
import { anyCluster } from "../support/any-cluster.ts";
import {
  aNode,
  anObservation,
  aPod,
  badImagePod,
  DAY,
  NOW,
  oldPod,
  settings,
  somePolicies,
} from "../support/daemonset-builders.ts";
import { receiptOf } from "../support/receipts.ts";

const RUNS = { numRuns: 60, seed: 20_260_101 };

function stored(receipt: Receipt): Receipt {
  const read = readReceipt(Buffer.from(JSON.stringify(receipt)));
  if (read.kind === "unreadable") throw new Error(read.message);
  return read.receipt;
}

/** A stand-in for a uid: without structure, as real ones are. */
function random(seed: number): string {
  return digest(seed).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5");
}

/** A healthy fleet of real proportions, but for three pods that cannot pull their image. */
function bigFleet(size: number, at = NOW): Cluster {
  const names = Array.from({ length: size }, (_, n) => `ip-10-${n >> 8}-${n & 255}-7.eu-central-1.compute.internal`);
  const nodes = names.map((name, n) =>
    aNode(name, {
      createdAt: NOW - 30 * DAY + n * 7919,
      readyChangedAt: NOW - 30 * DAY + n * 7919 + 40_000 + (n % 17) * 1000,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": n % 9 === 0 ? "arm64" : "amd64",
        "node.kubernetes.io/instance-type": ["m5.large", "m6g.large", "c5.xlarge"][n % 3] ?? "",
        "topology.kubernetes.io/region": "eu-central-1",
        "topology.kubernetes.io/zone": `eu-central-1${"abc"[n % 3]}`,
        "eks.amazonaws.com/nodegroup": `group-${n % 12}`,
      },
    }),
  );
  const pods = names.map((name, n) => {
    const own = {
      uid: random(n),
      name: `agent-${random(n + size).slice(0, 5)}`,
      resourceVersion: String(48_000_000 + n * 31),
      createdAt: NOW - 5 * DAY + n * 1300,
      readyChangedAt: NOW - 5 * DAY + n * 1300 + 9000 + (n % 23) * 1000,
    };
    return n < 3 ? badImagePod(name, { uid: own.uid, name: own.name }) : oldPod(name, own);
  });
  const observation = { ...anObservation({ nodes, pods, daemonSet: { maxUnavailable: 3 } }), at };
  return {
    observation,
    context: { settings, policies: somePolicies({ rollback: "auto" }), intents: [], mayPatchTemplate: true },
  };
}

describe("a receipt", () => {
  it("is of its own schema, and unfolds to the facts it was made of", () => {
    fc.assert(
      fc.property(anyCluster, anyCluster, (first, last) => {
        const receipt = stored(receiptOf([first, last]));
        expect(receiptSchema.safeParse(receipt).error).toBeUndefined();
        const again = unfoldLooks<Observation>(receipt);
        expect(again[0]).toEqual(JSON.parse(JSON.stringify(first.observation)));
        expect(again.at(-1)).toEqual(JSON.parse(JSON.stringify(last.observation)));
      }),
      RUNS,
    );
  });

  it("holds the look of each write, the guards' words, and the nodes before and after", () => {
    const ill: Cluster = {
      ...bigFleet(4),
      observation: anObservation({ pods: ["n1", "n2", "n3"].map((n) => oldPod(n)).concat(badImagePod("n4")) }),
    };
    const well: Cluster = {
      ...ill,
      observation: anObservation({
        pods: ["n1", "n2", "n3"].map((n) => oldPod(n)).concat(oldPod("n4", { uid: "fresh" })),
      }),
    };
    const receipt = receiptOf([ill, well]);
    expect(receipt.looks.map(({ as }) => as)).toEqual([["first", "acted"], ["last"]]);
    expect(receipt.writes).toMatchObject([{ look: 0, step: { kind: "rollback" }, generation: 2 }]);
    expect(receipt.looks[0]?.guards).toEqual([
      { name: "OptOut", result: "pass" },
      { name: "ManagedBy", result: "not-evaluated", scope: "namespaces", message: "not readable" },
    ]);
    expect(receipt.nodes).toMatchObject({
      changed: [{ node: "n4", after: [{ uid: "fresh", revision: "1", ready: true }] }],
      more: 0,
      unchanged: 3,
    });
    expect(receipt.next).toEqual(["a", "b", "c"]);
  });
});

describe("replay", () => {
  it("equals the original, after storage, for every cluster", () => {
    fc.assert(
      fc.property(anyCluster, anyCluster, (first, last) => {
        const settled = { ...last, context: { ...last.context, settings: first.context.settings } };
        const result = replay<Observation>(stored(receiptOf([first, settled])), daemonSetRollout);
        expect(result).toMatchObject({ kind: "equal" });
        expect(result.looks.every((look) => look.result.kind === "equal" && look.result.planned)).toBe(true);
      }),
      RUNS,
    );
  });

  it("says where it differs", () => {
    const receipt = stored(receiptOf([bigFleet(20)]));
    const [look] = receipt.looks;
    if (look?.plan === undefined) throw new Error("there is no plan");
    look.plan.digest = "another";
    const result = replay<Observation>(receipt, daemonSetRollout);
    expect(result.kind).toBe("differs");
    expect(result.looks[0]?.result).toMatchObject({
      differences: [{ path: "plan.digest", recorded: '"another"', again: expect.stringMatching(/^"[0-9a-f]{16}"$/) }],
    });
  });

  it("never says that a cut receipt is equal", () => {
    const receipt = pack(receiptOf([bigFleet(60), bigFleet(60, NOW + 1000)]), 3000).receipt;
    expect(receipt.truncated).toEqual(expect.arrayContaining(["looks[0].observation", "looks[1].observation"]));
    expect(replay<Observation>(stored(receipt), daemonSetRollout).kind).toBe("truncated");
    expect(replay<Observation>({ ...stored(receiptOf([bigFleet(4)])), truncated: ["x"] }, daemonSetRollout).kind).toBe(
      "truncated",
    );
  });
});

describe("a packed receipt", () => {
  it("of 5,000 nodes, three of them broken, fits at three looks and replays equal", () => {
    const receipt = receiptOf([bigFleet(5000), bigFleet(5000, NOW + 30_000), bigFleet(5000, NOW + 60_000)]);
    const packed = pack(receipt);
    expect(packed.receipt.truncated).toBeUndefined();
    expect(packed.data.length).toBeLessThan(MOST_CHARACTERS / 2);
    const back = stored(JSON.parse(unpack(packed.data)) as Receipt);
    expect(digest(back)).toBe(packed.digest);
    expect(replay<Observation>(back, daemonSetRollout).kind).toBe("equal");
  });

  it("is cut where it must be, the look that was acted on and the last are kept longest", () => {
    const looks: [Cluster, ...Cluster[]] = [bigFleet(400), bigFleet(400, NOW + 1), bigFleet(400, NOW + 2)];
    const whole = pack(receiptOf(looks));
    expect(whole.receipt.truncated).toBeUndefined();
    const { receipt, data } = pack(receiptOf(looks), 20_000);
    expect(data.length).toBeLessThanOrEqual(20_000);
    expect(receipt.truncated?.[0]).toBe("looks[1].observation");
    expect(receipt.looks).toHaveLength(3);
    expect(() => pack(receiptOf(looks), 10)).toThrow(RangeError);
  });

  it("of a fleet that is replaced altogether still fits", () => {
    const before = bigFleet(5000);
    const pods = before.observation.pods.map((pod, n) =>
      aPod(pod.node, { uid: random(n + 90_000), name: `agent-${random(n + 70_000).slice(0, 5)}` }),
    );
    const after = { ...before, observation: { ...before.observation, pods } };
    expect(pack(receiptOf([before, after])).receipt.truncated).toBeUndefined();
  });
});

describe("what is no receipt is said in words, and never thrown", () => {
  const read = (bytes: Uint8Array | string) => readReceipt(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
  /** Reads and replays, as the command does. */
  const survive = (bytes: Uint8Array | string): void => {
    const result = read(bytes);
    if (result.kind === "unreadable") expect(result.message).not.toBe("");
    else
      try {
        replay<Observation>(result.receipt, daemonSetRollout);
      } catch (error) {
        // The command says it in words; see src/cli/replay.test.ts.
        expect(error).toBeInstanceOf(Error);
      }
  };

  it("random bytes, text and JSON", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), survive), RUNS);
    fc.assert(fc.property(fc.string({ maxLength: 300 }), survive), RUNS);
    fc.assert(fc.property(fc.json(), survive), RUNS);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        survive(Buffer.concat([Buffer.from([0x1f, 0x8b]), bytes])),
      ),
      RUNS,
    );
  });

  it("receipts with one value exchanged", () => {
    const receipt = stored(receiptOf([bigFleet(30)]));
    const paths = allPaths(receipt);
    const odd = fc.constantFrom<unknown[]>(
      1e308,
      -1e308,
      -0,
      2 ** 53,
      "__proto__",
      null,
      [],
      {},
      "constructor",
      true,
      "0-999999999",
      { __proto__: null },
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), odd, (path, value) => {
        const copy = structuredClone(receipt);
        const holder = path.slice(0, -1).reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], copy);
        (holder as Record<string, unknown>)[path.at(-1) ?? ""] = value;
        survive(JSON.stringify(copy));
      }),
      { numRuns: 400, seed: 20_260_101 },
    );
  });

  it.each<[string, string, RegExp]>([
    ["nothing", "", /empty/],
    ["a depth that no receipt has", "[".repeat(200_000) + "]".repeat(200_000), /deep|stack/i],
    ["another schema", '{"schema":"operarius.openfero.io/receipt/v9"}', /receipt\/v1 only/],
    ["prototype keys", '{"__proto__":{"schema":"x"},"constructor":1}', /neither/],
    ["another kind", '{"apiVersion":"v1","kind":"Pod"}', /neither/],
    ["a list of resources", '{"apiVersion":"v1","kind":"List","items":[]}', /one of them/],
    ["a resource without data", '{"kind":"Receipt","spec":{}}', /no spec.data/],
    ["a resource whose data is no gzip", '{"kind":"Receipt","spec":{"data":"aGVsbG8="}}', /header/],
    ["YAML that ends in the middle", "kind: Receipt\nspec: {data: '", /./],
  ])("%s", (_name, text, says) => {
    const result = read(text);
    expect(result.kind).toBe("unreadable");
    expect(result.kind === "unreadable" && result.message).toMatch(says);
  });

  it("a resource as kubectl prints it, in both forms; and one that somebody changed", () => {
    const { data, digest: own } = pack(receiptOf([bigFleet(30)]));
    const spec = { data, digest: own };
    expect(read(JSON.stringify({ kind: "Receipt", spec })).kind).toBe("receipt");
    expect(
      read(`apiVersion: openfero.io/v1alpha1\nkind: Receipt\nspec:\n  data: ${data}\n  digest: ${own}\n`).kind,
    ).toBe("receipt");
    expect(read(JSON.stringify({ kind: "Receipt", spec: { ...spec, digest: "0" } }))).toMatchObject({
      kind: "unreadable",
      message: expect.stringContaining("somebody changed it"),
    });
  });
});

function allPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return path.length === 0 ? [] : [path];
  const inner = Object.entries(value).flatMap(([name, member]) => allPaths(member, [...path, name]));
  return path.length === 0 ? inner : [path, ...inner];
}
