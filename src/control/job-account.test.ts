/** A Job never runs under an account that its namespace does not allow. */
import { describe, expect, it } from "vitest";
import { aContext, aDelivery, anOperarius, install, NAMESPACE } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { createAlertStore } from "../intake/alert-store.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { jobs, namespaces } from "../kube/resources.ts";
import { remediations } from "../operarius/remediation.ts";
import { SERVICE_ACCOUNTS_ANNOTATION } from "../operarius/service-account.ts";
import { createCatalog, toCatalogEntry } from "./catalog.ts";
import { receive } from "./receive.ts";
import { reconcile } from "./reconcile.ts";

async function setUp(serviceAccountName: string, allowed?: string) {
  const clock = { now: Date.parse("2026-01-01T00:00:00Z") };
  const kube = createMemoryKube(() => clock.now);
  const spec = { serviceAccountName, containers: [{ name: "c", image: "i" }] };
  const operarius = anOperarius({ jobTemplate: { spec: { template: { spec } } } });
  await install(kube, operarius);
  if (allowed !== undefined) {
    const body = { metadata: { annotations: { [SERVICE_ACCOUNTS_ANNOTATION]: allowed } } };
    await kube.patch(namespaces, { name: NAMESPACE }, { type: "merge", body });
  }
  const context = aContext(kube, { now: () => clock.now, ownServiceAccount: "operarius" });
  const cache = { hasSynced: () => true, items: () => [toCatalogEntry({ ...operarius } as never)] };
  const catalog = createCatalog({ kube, namespace: NAMESPACE, cache });
  await receive({ context, catalog, store: createAlertStore() }, aDelivery());
  const name = kube.all(remediations)[0]?.metadata.name ?? "";
  const pass = () => reconcile(context, name);
  const status = () => kube.all(remediations)[0]?.status;
  return { kube, clock, pass, status };
}

describe("the account of a Job", () => {
  it.each([
    ["the server's own", "operarius", undefined, "the server's own"],
    ["one that the namespace does not list", "admin", "operarius-*", '"operarius-*"'],
  ])("%s: no Job, and the record says what to do", async (_, account, allowed, words) => {
    const { kube, pass, status } = await setUp(account, allowed);
    await pass();
    expect(status()).toMatchObject({ phase: "Failed", reason: "ServiceAccountNotAllowed" });
    expect(status()?.message).toContain(words);
    expect(kube.all(jobs)).toEqual([]);
    expect(kube.calls.filter(({ verb, plural }) => verb === "create" && plural === "jobs")).toEqual([]);
  });

  it("one that is allowed gets its Job", async () => {
    const { kube, pass } = await setUp("operarius-heal", "operarius-*");
    await pass();
    expect(kube.all(jobs)).toHaveLength(1);
  });

  const forbidden = new StatusError({ code: 403, reason: "Forbidden", message: "namespaces is forbidden" });
  it.each([
    ["unreachable", new TransportError("reset")],
    ["forbidden", forbidden],
  ])("while the namespace is %s nothing is created, and it is tried again", async (_, error) => {
    const { kube, pass, status } = await setUp("operarius-heal");
    kube.failWith(({ plural }) => (plural === "namespaces" ? error : undefined));
    await expect(pass()).rejects.toBe(error);
    expect([kube.all(jobs), status()?.attempts]).toEqual([[], undefined]);
    kube.failWith(() => undefined);
    await pass();
    expect(kube.all(jobs)).toHaveLength(1);
  });

  it("is given up after an hour in which the API server refused to tell", async () => {
    const { kube, clock, pass, status } = await setUp("operarius-heal");
    kube.failWith(({ plural }) => (plural === "namespaces" ? forbidden : undefined));
    clock.now += 60 * 60 * 1000 + 1;
    await pass();
    expect(status()).toMatchObject({ phase: "Failed", reason: "NamespaceUnreadable" });
    expect(kube.all(jobs)).toEqual([]);
  });
});
