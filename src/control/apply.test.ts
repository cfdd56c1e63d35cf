import { expect, it } from "vitest";
import { aContext, aLook, aRemediation, at, NOW } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { remediations } from "../operarius/remediation.ts";
import { patchStatus } from "./apply.ts";
import { lookPatch } from "./look-at.ts";
import type { Look } from "./looks.ts";

it.each<[string, Look]>([
  ["another cause", aLook({ plan: { kind: "decline", reason: "R", message: "m" }, fingerprint: "f2" })],
  ["a target that is gone", { kind: "gone", at: NOW }],
])("a record keeps nothing of the look before: %s", async (_, look) => {
  const kube = createMemoryKube(() => NOW);
  const context = aContext(kube, { now: () => NOW });
  let record = await kube.create(remediations, aRemediation({ phase: "Blocked", lastSeenFiring: at(-1) }));
  record = await patchStatus(context, record, lookPatch(record, aLook({ root: "node/n2" }), 0) ?? {});
  expect(record.status?.look).toMatchObject({ root: "node/n2", planDigest: "d1" });
  const patch = lookPatch(record, look, 0) ?? {};
  record = await patchStatus(context, record, patch);
  expect(record.status?.look).toEqual(patch.look);
  expect(record.status?.lastSeenFiring).toBe(at(-1));
});
