import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCluster } from "../../test/support/any-cluster.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { receiptOf } from "../../test/support/receipts.ts";
import { digest } from "../engine/digest.ts";
import { unpack } from "../engine/receipt-pack.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { receiptSpecSchema, receipts } from "../operarius/receipt-resource.ts";
import { createReceiptKeeper } from "./keep-receipt.ts";

const owner = { namespace: "openfero", name: "daemonset-agent-abcdefghij-1", uid: "uid-record", attempt: 2 };
const [sample] = fc.sample(anyCluster, { numRuns: 1, seed: 3 });
if (sample === undefined) throw new Error("no cluster");
const { verdict, ...rest } = receiptOf([sample]);
const going = rest;
const ended = { ...rest, ...(verdict && { verdict }) };

describe("the receipt of an attempt", () => {
  it("is created once, then replaced, and belongs to its record", async () => {
    const kube = createMemoryKube();
    const keeper = createReceiptKeeper(kube, owner);
    expect(await keeper.keep(going, "C04")).toMatchObject({ kind: "kept" });
    const kept = await keeper.keep(ended, "C04");
    expect(kube.calls.map(({ verb }) => verb)).toEqual(["create", "replace"]);
    const [stored, ...others] = kube.all(receipts);
    expect(others).toEqual([]);
    expect(stored?.metadata).toMatchObject({
      name: "daemonset-agent-abcdefghij-1-2",
      ownerReferences: [{ kind: "Remediation", name: owner.name, uid: "uid-record" }],
    });
    expect(stored?.spec).toMatchObject({ verdict: "declined", reason: "NodeDown", cause: "C04", attempt: 2 });
    expect(receiptSpecSchema.safeParse(stored?.spec).error).toBeUndefined();
    expect(kept).toEqual({ kind: "kept", name: "daemonset-agent-abcdefghij-1-2", digest: stored?.spec.digest });
    expect(digest(JSON.parse(unpack(stored?.spec.data ?? "")))).toBe(stored?.spec.digest);
  });

  it("has no verdict while the run goes on", async () => {
    const kube = createMemoryKube();
    await createReceiptKeeper(kube, owner).keep(going, "C04");
    const [stored] = kube.all(receipts);
    expect(stored?.spec).not.toHaveProperty("verdict");
    expect(stored?.spec).not.toHaveProperty("cause");
  });

  it("takes over what an earlier process of the same attempt has left", async () => {
    const kube = createMemoryKube();
    await createReceiptKeeper(kube, owner).keep(going, "C04");
    expect(await createReceiptKeeper(kube, { ...owner, uid: "another" }).keep(ended, "C04")).toMatchObject({
      kind: "kept",
    });
    const [stored] = kube.all(receipts);
    expect(stored?.spec.verdict).toBe("declined");
    expect(stored?.metadata.ownerReferences).toMatchObject([{ uid: "another" }]);
  });

  it("survives a change by somebody else", async () => {
    const kube = createMemoryKube();
    const keeper = createReceiptKeeper(kube, owner);
    await keeper.keep(going, "C04");
    await createReceiptKeeper(kube, owner).keep(going, "C04");
    expect(await keeper.keep(ended, "C04")).toMatchObject({ kind: "kept" });
  });

  it.each([
    ["without the right", new StatusError({ code: 403, reason: "Forbidden", message: "receipts is forbidden" })],
    ["without the kind", new StatusError({ code: 404, reason: "NotFound", message: "page not found" })],
    ["without an answer", new TransportError("connect ECONNREFUSED")],
    [
      "with a secret in the refusal",
      new StatusError({ code: 400, reason: "BadRequest", message: "no: token=s3cr3t1" }),
    ],
  ])("%s it says why, and rejects nothing; the next call may succeed", async (_name, error) => {
    const kube = createMemoryKube();
    const keeper = createReceiptKeeper(kube, owner);
    kube.failWith(() => error);
    const kept = await keeper.keep(going, "C04");
    expect(kept).toMatchObject({ kind: "not-kept", why: error.message.replace("s3cr3t1", "[redacted]") });
    kube.failWith(() => undefined);
    expect(await keeper.keep(ended, "C04")).toMatchObject({ kind: "kept" });
  });

  it("is found again after a creation whose answer was lost", async () => {
    const kube = createMemoryKube();
    await createReceiptKeeper(kube, owner).keep(going, "C04");
    const keeper = createReceiptKeeper(kube, owner);
    expect(await keeper.keep(ended, "C04")).toMatchObject({ kind: "kept" });
    expect(kube.calls.slice(1).map(({ verb }) => verb)).toEqual(["create", "get", "replace"]);
  });
});
