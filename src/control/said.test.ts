/** What a record says while it waits keeps step with what is seen, on the API server in memory. */
import { describe, expect, it } from "vitest";
import {
  aContext,
  aDelivery,
  aLook,
  anOperarius,
  install,
  NAMESPACE,
  NOW,
} from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import { remediations } from "../operarius/remediation.ts";
import { createCatalog } from "./catalog.ts";
import type { Look, Looks } from "./looks.ts";
import { receive } from "./receive.ts";
import { reconcile } from "./reconcile.ts";

describe("a record in mode observe", () => {
  it("shows the cause, and what would be done now instead of what would have been done first", async () => {
    const world = { now: NOW, look: aLook({ plan: { kind: "act", reason: "R", message: "Delete pod a." } }) as Look };
    const kube = createMemoryKube(() => world.now);
    await install(kube, anOperarius());
    const looks: Looks = { knows: () => true, look: async () => ({ ...world.look, at: world.now }) };
    const context = aContext(kube, { now: () => world.now, looks, mode: "observe" });
    const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => false, items: () => [] } });
    await receive({ context, catalog, store: createAlertStore(10) }, aDelivery());
    const [record] = kube.all(remediations);
    const pass = async () => {
      world.now += 60_000;
      await reconcile(context, record?.metadata.name ?? "");
      return kube.all(remediations)[0]?.status;
    };
    expect(await pass()).toMatchObject({ cause: "C07", message: expect.stringContaining("would act: Delete pod a.") });
    world.look = aLook({ fingerprint: "f2", plan: { kind: "decline", reason: "R", message: "Ask a person." } });
    expect(await pass()).toMatchObject({ phase: "Blocked", message: expect.stringContaining("would not act: Ask a") });
  });
});
