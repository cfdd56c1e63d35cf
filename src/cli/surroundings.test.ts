import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lease } from "kubernetes-types/coordination/v1";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { anIntent, MINUTE, NOW } from "../../test/support/daemonset-builders.ts";
import type { MemoryKube } from "../../test/support/memory-kube.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { leaseName, TARGET } from "../engine/ledger.ts";
import type { Intent, Target } from "../engine/types.ts";
import { StatusError } from "../kube/errors.ts";
import { configMaps, leases, namespaces } from "../kube/resources.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { operariuses } from "../operarius/operarius.ts";
import { flagsOfJob } from "./heal-flags.ts";
import { readSurroundings } from "./surroundings.ts";

const folder = join(import.meta.dirname, "../../deploy/operarii/kube-prometheus-stack/KubeDaemonSetRolloutStuck");
const shippedOperarius = parse(readFileSync(join(folder, "operarius.yaml"), "utf8")) as OperariusObject;
const target: Target = { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
const other: Target = { ...target, name: "other" };

async function installed(change: (operarius: OperariusObject) => void = () => undefined): Promise<MemoryKube> {
  const kube = createMemoryKube(() => NOW, false);
  await kube.create(namespaces, { metadata: { name: "openfero" } });
  const operarius = structuredClone(shippedOperarius);
  change(operarius);
  await kube.create(operariuses, operarius);
  return kube;
}

async function remember(
  kube: MemoryKube,
  of: Target,
  intents: readonly Intent[] | string,
  namespace = "openfero",
): Promise<void> {
  const text = typeof intents === "string" ? intents : JSON.stringify(intents);
  const annotations = { "operarius.openfero.io/intents": text, [TARGET]: `DaemonSet/kube-system/${of.name}` };
  const labels = { "app.kubernetes.io/managed-by": "operarius" };
  await kube.create<Lease>(leases, { metadata: { namespace, name: leaseName(of), annotations, labels } });
}

function read(kube: MemoryKube, targets?: string) {
  const signal = new AbortController().signal;
  return readSurroundings({ kube, namespace: undefined, policies: undefined, targets, signal, now: () => NOW });
}

function forbid(kube: MemoryKube, ...plurals: string[]): void {
  kube.failWith(({ plural }) =>
    plurals.includes(plural) ? new StatusError({ code: 403, reason: "Forbidden", message: "no" }) : undefined,
  );
}

describe("the policies in force", () => {
  it("are those of the shipped Operarius, where it is installed", async () => {
    expect((await read(await installed())).policies).toEqual({
      flags: { strategy: "guided", rollback: "approve", delete: "on", forceDelete: [] },
      source: "Operarius openfero/daemonset-rollout-fix",
    });
  });

  it("follow its flags", async () => {
    const kube = await installed(({ spec }) => {
      const [container] = spec.jobTemplate.spec.template.spec.containers;
      if (container) container.args = ["heal", "daemonset", "--rollback", "auto", "--delete=off"];
    });
    expect((await read(kube)).policies.flags).toMatchObject({ rollback: "auto", delete: "off", strategy: "guided" });
  });

  it.each([
    ["nothing is installed", async () => createMemoryKube(Date.now, false), "Operarius is not installed here"],
    [
      "it is switched off",
      () => installed(({ spec }) => Object.assign(spec, { enabled: false })),
      "no Operarius in openfero",
    ],
    [
      "it answers another alert",
      () => installed(({ spec }) => Object.assign(spec.alertSelector, { alertname: "Other" })),
      "no Operarius in openfero",
    ],
    [
      "it cannot be read",
      async () => {
        const kube = await installed();
        forbid(kube, "operariuses");
        return kube;
      },
      "cannot be read with these rights",
    ],
  ] as [string, () => Promise<MemoryKube>, string][])(
    "are the shipped ones where %s, and it says so",
    async (_name, make, why) => {
      const { policies } = await read(await make());
      expect(policies.source).toContain("the shipped defaults");
      expect(policies.source).toContain(why);
      expect(policies.flags).toMatchObject({ strategy: "guided", rollback: "approve", delete: "on" });
    },
  );

  it.each([
    [["/operarius", "heal", "daemonset", "--delete=off", "x"], { delete: "off" }],
    [["heal", "daemonset", "--newer-flag", "--rollback=off"], { rollback: "off" }],
    [["heal", "daemonset"], {}],
    [["heal", "daemonset", "--rollback=perhaps"], undefined],
    [["echo", "heal"], undefined],
    [[], undefined],
  ])("of a Job with %j are %j", (args, flags) => {
    expect(flagsOfJob(args)).toEqual(flags);
  });
});

describe("what was already tried", () => {
  it("is told of the target and of the others", async () => {
    const kube = await installed();
    await remember(kube, target, [anIntent({ at: NOW - 5 * MINUTE })]);
    await remember(kube, other, [anIntent({ at: NOW - 6 * MINUTE })]);
    expect((await read(kube)).ledgerOf(target)).toMatchObject({
      kind: "read",
      intents: [{ at: NOW - 5 * MINUTE }],
      others: [{ at: NOW - 6 * MINUTE, target: "DaemonSet/kube-system/other" }],
    });
  });

  it("is in the target's own namespace where nothing is installed", async () => {
    const kube = createMemoryKube(() => NOW, false);
    await remember(kube, target, [anIntent({ at: NOW - MINUTE })], "kube-system");
    for (const targets of [undefined, "kube-system"])
      expect((await read(kube, targets)).ledgerOf(target)).toMatchObject({ intents: [{}] });
  });

  it("is broken for all when one record cannot be understood, as for a run", async () => {
    const kube = await installed();
    await remember(kube, other, "nonsense");
    expect((await read(kube)).ledgerOf(target)).toEqual({
      kind: "broken",
      message: expect.stringMatching(
        /^Lease openfero\/operarius-daemonset-other-\S+ cannot be read, so nothing may be written/,
      ),
    });
  });

  it("is said to be unknown where these rights do not reach", async () => {
    const kube = await installed();
    forbid(kube, "leases");
    expect((await read(kube)).ledgerOf(target)).toEqual({
      kind: "unread",
      message: "the ledger, Leases in openfero, cannot be read with these rights",
    });
  });
});

describe("whether writes are paused", () => {
  it.each([
    ["no", undefined, ""],
    ["yes", { drill: "" }, /^Writes are paused by ConfigMap openfero\/operarius-pause \(drill\)/],
  ])("%s", async (_name, data, says) => {
    const kube = await installed();
    if (data) await kube.create(configMaps, { metadata: { namespace: "openfero", name: "operarius-pause" }, data });
    expect((await read(kube)).pause).toMatch(says);
  });

  it("not known", async () => {
    const kube = await installed();
    forbid(kube, "configmaps");
    expect((await read(kube)).pause).toMatch(/whether writes are paused is not known/);
  });
});

it("asks for nothing but reading", async () => {
  const kube = await installed();
  kube.calls.length = 0;
  await read(kube);
  expect([...new Set(kube.calls.map(({ verb }) => verb))].sort()).toEqual(["get", "list"]);
});
