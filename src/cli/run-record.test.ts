import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { anyCluster } from "../../test/support/any-cluster.ts";
import { NOW, settings } from "../../test/support/daemonset-builders.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { lookAt, outcomeOf } from "../../test/support/receipts.ts";
import { readHealConfig } from "../config/heal-config.ts";
import { receiptSchema } from "../engine/receipt-schema.ts";
import { StatusError } from "../kube/errors.ts";
import { receipts } from "../operarius/receipt-resource.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import type { CliContext } from "./context.ts";
import { createRunRecord } from "./run-record.ts";

const directory = mkdtempSync(join(tmpdir(), "operarius-record-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = join(directory, "receipt.json");

const [cluster] = fc.sample(anyCluster, { numRuns: 1, seed: 3 });
if (cluster === undefined) throw new Error("no cluster");
const outcome = outcomeOf([lookAt(cluster)]);
const job = {
  OPERARIUS_REMEDIATION: "rem-1",
  OPERARIUS_REMEDIATION_UID: "uid-1",
  OPERARIUS_ATTEMPT: "1",
  OPERARIUS_NAMESPACE: "openfero",
};

function record(env: Record<string, string>, kube = createMemoryKube(), remedy = daemonSetRollout) {
  const read = readHealConfig("agent", { namespace: "kube-system", receipt: file }, env);
  if ("problems" in read) throw new Error(read.problems.join());
  const context = { stderr: new PassThrough(), startedAtMs: NOW, now: () => NOW } as unknown as CliContext;
  return { kube, record: createRunRecord({ config: read.config, remedy, context, kube, settings }) };
}

it.each<[string, Record<string, string>, number]>([
  ["in a Job", job, 1],
  ["without a record", {}, 0],
  ["without the record's uid, which would own it", { ...job, OPERARIUS_REMEDIATION_UID: "" }, 0],
  ["without the number of the attempt", { ...job, OPERARIUS_ATTEMPT: "" }, 0],
])("%s: a file, and the resource if it has an owner", async (_name, env, count) => {
  const { kube, record: own } = record(env);
  await own.keep(outcome);
  const { kept, sentence } = await own.end({ outcome, next: ["fix"] });
  expect(receiptSchema.safeParse(JSON.parse(readFileSync(file, "utf8"))).error).toBeUndefined();
  expect(kube.all(receipts)).toHaveLength(count);
  expect(kept.receiptDigest).toMatch(/^[0-9a-f]{64}$/);
  expect(kept.receipt).toBe(count === 1 ? "rem-1-1" : undefined);
  expect(sentence === "").toBe(count === 0);
});

it("asks once more at the end after a failure, and not before", async () => {
  const { kube, record: own } = record(job);
  kube.failWith(() => new StatusError({ code: 500, reason: "", message: "no" }));
  await own.keep(outcome);
  await own.keep(outcome);
  expect(kube.calls).toHaveLength(1);
  kube.failWith(() => undefined);
  expect((await own.end({ outcome, next: [] })).kept.receipt).toBe("rem-1-1");
});

it("records what was concluded even where what was seen cannot be recorded", async () => {
  const broken = {
    ...daemonSetRollout,
    nodeStates: (): never => {
      throw new TypeError("odd facts");
    },
  };
  const { record: own } = record(job, undefined, broken);
  await own.keep(outcome);
  const { receipt, sentence } = await own.end({ outcome, next: [] });
  expect(receipt).toMatchObject({ verdict: { reason: "NodeDown" }, looks: [], truncated: ["looks", "writes"] });
  expect(sentence).toMatch(/could not be recorded: odd facts; receipt: kubectl get receipt rem-1-1/);
});
