/** Mode approve: which Jobs are held back until a person lets them go, on the API server in memory. */
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
import { jobs } from "../kube/resources.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { operariuses } from "../operarius/operarius.ts";
import { remediations } from "../operarius/remediation.ts";
import { createCatalog } from "./catalog.ts";
import type { Mode } from "./context.ts";
import type { Looks } from "./looks.ts";
import { receive } from "./receive.ts";
import { reconcile } from "./reconcile.ts";

const remedy = { name: "heal", image: "operarius:0.1.0", args: ["heal", "daemonset"] };
const shell = { name: "shell", image: "tools:1", command: ["sh", "-c", "kubectl delete pod --all"] };

function jobOf(podSpec: object): OperariusObject["spec"]["jobTemplate"] {
  return { spec: { template: { spec: { restartPolicy: "Never", ...podSpec } } } } as never;
}

/** The Job of an alert that our own remedy answers, and what its Operarius has become before the Job was made. */
async function jobAfter(
  edited: object,
  { mode = "approve", suspend, narrowed = {} }: { mode?: Mode; suspend?: boolean; narrowed?: object } = {},
): Promise<{ suspend: boolean | undefined; phase: string | undefined }> {
  let now = NOW;
  const kube = createMemoryKube(() => now);
  await install(kube, anOperarius({ jobTemplate: jobOf({ containers: [remedy] }) }));
  const looks: Looks = { knows: () => true, look: async () => aLook() };
  const context = aContext(kube, { now: () => now, looks, mode });
  const catalog = createCatalog({ kube, namespace: NAMESPACE, cache: { hasSynced: () => false, items: () => [] } });
  await receive({ context, catalog, store: createAlertStore(10) }, aDelivery());
  const ref = { namespace: NAMESPACE, name: "daemonset-rollout-fix" };
  const body = { spec: { ...narrowed, jobTemplate: jobOf(edited) } };
  await kube.patch(operariuses, ref, { type: "merge", body });
  const held = { spec: { jobTemplate: { spec: { suspend } } } };
  if (suspend !== undefined) await kube.patch(operariuses, ref, { type: "merge", body: held });
  now += 10_000;
  await reconcile(context, kube.all(remediations)[0]?.metadata.name ?? "");
  const [job] = kube.all(jobs);
  return { suspend: job?.spec?.suspend, phase: kube.all(remediations)[0]?.status?.phase };
}

describe("mode approve", () => {
  it("starts our own remedy, which asks with a plan", async () => {
    expect(await jobAfter({ containers: [remedy] })).toEqual({ suspend: undefined, phase: "Running" });
  });
  it.each([
    { name: "another Job now", podSpec: { containers: [shell] } },
    { name: "more than our remedy", podSpec: { initContainers: [shell], containers: [remedy] } },
    {
      name: "told another mode",
      podSpec: { containers: [{ ...remedy, env: [{ name: "OPERARIUS_MODE", value: "auto" }] }] },
    },
  ])("holds back what is $name", async ({ podSpec }) => {
    expect(await jobAfter(podSpec)).toEqual({ suspend: true, phase: "AwaitingApproval" });
  });
});

describe("an Operarius that was narrowed while its record waited", () => {
  it("starts nothing for an alert that it does not answer any more", async () => {
    const narrowed = { alertSelector: { matchers: ['daemonset!="agent"'] } };
    expect(await jobAfter({ containers: [remedy] }, { mode: "auto", narrowed })).toEqual({
      suspend: undefined,
      phase: "Cancelled",
    });
  });
});

describe("mode auto", () => {
  it("waits for a person where the template itself creates the Job suspended", async () => {
    const held = await jobAfter({ containers: [shell] }, { mode: "auto", suspend: true });
    expect(held).toEqual({ suspend: true, phase: "AwaitingApproval" });
  });
});
