import { expect, it } from "vitest";
import { aContext, aHook, anAlert, aRemediation, at, NAMESPACE, NOW } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { targetHash } from "../operarius/names.ts";
import { remediations } from "../operarius/remediation.ts";
import { reconcile } from "./reconcile.ts";

it("a resolved alert that was kept opens one record, and none when a person has deleted that", async () => {
  const kube = createMemoryKube(() => NOW);
  const context = aContext(kube, { now: () => NOW });
  const next = { operarius: { name: "clean-up" }, alert: anAlert({ status: "resolved" }), hook: aHook() };
  const ended = aRemediation({ phase: "Succeeded", endedAt: at(-1), next }, { operarius: { name: "o" } });
  const labels = { "operarius.openfero.io/target-hash": targetHash(ended.spec.target) };
  await kube.create(remediations, { ...ended, metadata: { ...ended.metadata, labels } });
  const others = () => kube.all(remediations).filter(({ metadata }) => metadata.name !== "agent-1");
  kube.failWith(({ verb }) => (verb === "patchStatus" ? new Error("dead") : undefined));
  await reconcile(context, "agent-1").catch(() => undefined);
  kube.failWith(() => undefined);
  await reconcile(context, "agent-1");
  expect(others().map(({ spec }) => spec.operarius.name)).toEqual(["clean-up"]);
  // As after the start of another server, which meets every record anew.
  await kube.delete(remediations, { namespace: NAMESPACE, name: others()[0]?.metadata.name ?? "" });
  await reconcile(context, "agent-1");
  expect(others()).toEqual([]);
});
