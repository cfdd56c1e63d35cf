import { describe, expect, it } from "vitest";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { configMaps } from "../kube/resources.ts";
import { assertNotPaused } from "./pause.ts";

/** A Thursday. */
const NOW = Date.UTC(2026, 0, 15, 12);

async function withData(data?: Record<string, string>) {
  const kube = createMemoryKube();
  const metadata = { name: "operarius-pause", namespace: "openfero" };
  await kube.create(configMaps, data === undefined ? { metadata } : { metadata, data });
  return kube;
}

describe("pause", () => {
  it("absent: not paused", async () => {
    await assertNotPaused(createMemoryKube(), "openfero", NOW);
  });

  it.each([undefined, {}])("present without a key: not paused", async (data) => {
    await assertNotPaused(await withData(data), "openfero", NOW);
  });

  it.each([
    ["Thu 11:00-13:00", "resolved"],
    ["Thu 13:00-14:00", "OutsideMaintenanceWindow"],
    ["at night", "OutsideMaintenanceWindow"],
  ])("writes only during %s: %s", async (window, want) => {
    const kube = createMemoryKube();
    const annotations = { "operarius.openfero.io/writes-only-during": window };
    await kube.create(configMaps, { metadata: { name: "operarius-pause", namespace: "openfero", annotations } });
    const asked = assertNotPaused(kube, "openfero", NOW).then(() => "resolved");
    expect(await asked.catch((error: { reason: string }) => error.reason)).toBe(want);
  });

  it("a reason in binaryData is one, too", async () => {
    const kube = createMemoryKube();
    const metadata = { name: "operarius-pause", namespace: "openfero" };
    await kube.create(configMaps, { metadata, binaryData: { incident: "AA==" } });
    await expect(assertNotPaused(kube, "openfero", NOW)).rejects.toMatchObject({ reason: "Paused" });
  });

  it("another namespace's is another's", async () => {
    await assertNotPaused(await withData({ "change-freeze": "" }), "elsewhere", NOW);
  });

  it("present with keys: paused, with the reasons and the way out", async () => {
    const kube = await withData({ "change-freeze": "until Monday", incident: "" });
    await expect(assertNotPaused(kube, "openfero", NOW)).rejects.toMatchObject({
      reason: "Paused",
      message:
        "Writes are paused by ConfigMap openfero/operarius-pause (change-freeze, incident). To go on: kubectl delete configmap operarius-pause -n openfero",
    });
  });

  it.each([
    ["forbidden", new StatusError({ code: 403, reason: "Forbidden", message: "configmaps is forbidden" })],
    ["an ill server", new StatusError({ code: 500, reason: "InternalError", message: "etcd" })],
    ["no answer", new TransportError("connection reset")],
  ])("unreadable (%s): paused", async (_name, error) => {
    const kube = createMemoryKube();
    kube.failWith(() => error);
    await expect(assertNotPaused(kube, "openfero", NOW)).rejects.toMatchObject({ reason: "PauseUnreadable" });
  });
});
