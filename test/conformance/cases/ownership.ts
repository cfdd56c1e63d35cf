/** Who owns which field: the names that kubectl writes under, and what server-side apply makes of them. */

import type { DaemonSet } from "kubernetes-types/apps/v1";
import { expect } from "vitest";
import { configMaps, daemonSets, pods } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import type { Status } from "../http.ts";
import { aConfigMap, aDaemonSet, idlePod } from "../objects.ts";

interface Entry {
  manager?: string;
  operation?: string;
  subresource?: string;
  apiVersion?: string;
  fieldsV1?: { "f:spec"?: { "f:template"?: object } };
}

function entriesOf(object: { metadata: { managedFields?: unknown } }): Entry[] {
  return (object.metadata.managedFields ?? []) as Entry[];
}

/** "manager/operation" of every entry of the object itself, in order of the name. */
function writers(object: Live<DaemonSet>): string[] {
  return entriesOf(object)
    .filter(({ subresource }) => subresource === undefined)
    .map(({ manager, operation }) => `${manager}/${operation}`)
    .toSorted();
}

/** Those that own a part of spec.template. */
function templateOwners(object: Live<DaemonSet>): string[] {
  return entriesOf(object)
    .filter(({ fieldsV1, subresource }) => subresource === undefined && fieldsV1?.["f:spec"]?.["f:template"])
    .map(({ manager, operation }) => `${manager}/${operation}`)
    .toSorted();
}

function read({ kube, namespace }: Bench): Promise<Live<DaemonSet>> {
  return kube.get(daemonSets, { namespace, name: "agent" });
}

const applied = "kubectl-client-side-apply/Update";

/** kubectl commands on an applied DaemonSet, and who owns fields of the template afterwards. */
const commands: { args: string[]; owners: string[]; env?: Record<string, string> }[] = [
  { args: ["set", "image", "ds/agent", "main=app:ok-2"], owners: [applied, "kubectl-set/Update"] },
  { args: ["set", "env", "ds/agent", "A=b"], owners: [applied, "kubectl-set/Update"] },
  { args: ["rollout", "restart", "ds/agent"], owners: [applied, "kubectl-rollout/Update"] },
  { args: ["annotate", "ds/agent", "a=b"], owners: [applied] },
  { args: ["label", "ds/agent", "a=b"], owners: [applied] },
  {
    args: ["patch", "ds/agent", "--type=merge", "-p", '{"spec":{"template":{"metadata":{"labels":{"b":"c"}}}}}'],
    owners: [applied, "kubectl-patch/Update"],
  },
  {
    args: ["edit", "ds/agent"],
    env: { KUBE_EDITOR: "sed -i s/app:ok-1/app:ok-3/" },
    owners: [applied, "kubectl-edit/Update"],
  },
  {
    args: ["patch", "ds/agent", "-p", '{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":2}}}}'],
    owners: [applied],
  },
];

const commandCases: Case[] = commands.map(({ args, owners, env = {} }) => ({
  name: `kubectl ${args.slice(0, 2).join(" ")} ${args.at(-1)}: who owns the template`,
  async run(bench) {
    await bench.kubectl(["apply", "-f", "-"], { stdin: aDaemonSet(bench) });
    await bench.kubectl(args, { env });
    expect(templateOwners(await read(bench))).toEqual(owners);
  },
}));

async function applyAs(bench: Bench, manager: string, body: object, force = false) {
  return bench.http<Status>({
    method: "PATCH",
    path: `/apis/apps/v1/namespaces/${bench.namespace}/daemonsets/agent?fieldManager=${manager}${force ? "&force=true" : ""}`,
    contentType: "application/apply-patch+yaml",
    body,
  });
}

function templateImage(image: string): object {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent" },
    spec: { template: { spec: { containers: [{ name: "main", image }] } } },
  };
}

const imagePath = '.spec.template.spec.containers[name="main"].image';

const applyCases: Case[] = [
  {
    name: "kubectl create writes as kubectl-create",
    async run(bench) {
      await bench.kubectl(["create", "-f", "-"], { stdin: aDaemonSet(bench) });
      expect(writers(await read(bench))).toEqual(["kubectl-create/Update"]);
    },
  },
  {
    name: "kubectl apply --server-side writes as kubectl by Apply",
    async run(bench) {
      await bench.kubectl(["apply", "--server-side", "-f", "-"], { stdin: aDaemonSet(bench) });
      expect(writers(await read(bench))).toEqual(["kubectl/Apply"]);
    },
  },
  {
    name: "kubectl replace writes as kubectl-replace and owns only what it changed",
    async run(bench) {
      await bench.kubectl(["create", "-f", "-"], { stdin: aDaemonSet(bench) });
      // kubectl reads and then writes; the controller may write its status in between.
      await bench.until("a replace without a conflict", async () => {
        const { code, stderr } = await bench.tryKubectl(["replace", "-f", "-"], {
          stdin: aDaemonSet(bench, { image: "app:ok-2" }),
        });
        if (code !== 0) expect(stderr).toContain("Conflict");
        return code === 0;
      });
      expect(writers(await read(bench))).toEqual(["kubectl-create/Update", "kubectl-replace/Update"]);
    },
  },
  {
    name: "who overwrites the last field of a manager takes its place in managedFields",
    async run(bench) {
      const { namespace, kube } = bench;
      await kube.create(configMaps, aConfigMap(bench, "one", { a: "1" }), { fieldManager: "first" });
      const ref = { namespace, name: "one" };
      const body = { data: { a: "2" } };
      await kube.patch(configMaps, ref, { type: "merge", body }, { fieldManager: "second" });
      const entries = entriesOf(await kube.get(configMaps, ref));
      expect(entries.map(({ manager, fieldsV1 }) => [manager, fieldsV1])).toEqual([
        ["first", { "f:data": {} }],
        ["second", { "f:data": { "f:a": {} } }],
      ]);
    },
  },
  {
    name: "the controller's status stands in managedFields under its subresource",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const found = await bench.until("a status entry", async () =>
        entriesOf(await read(bench)).find(({ subresource }) => subresource === "status"),
      );
      expect(found).toMatchObject({ manager: "kube-controller-manager", operation: "Update", apiVersion: "apps/v1" });
    },
  },
  {
    name: "applying another value of a field that somebody else applied is a conflict that names both",
    async run(bench) {
      await bench.kubectl(["apply", "--server-side", "-f", "-"], { stdin: aDaemonSet(bench) });
      const { code, body } = await applyAs(bench, "other", templateImage("app:ok-2"));
      expect(code).toBe(409);
      expect(body).toMatchObject({
        reason: "Conflict",
        message: `Apply failed with 1 conflict: conflict with "kubectl": ${imagePath}`,
        details: {
          causes: [{ reason: "FieldManagerConflict", message: 'conflict with "kubectl"', field: imagePath }],
        },
      });
    },
  },
  {
    name: "a conflict with an Update names its apiVersion, and time where known",
    async run(bench) {
      await bench.kubectl(["create", "-f", "-"], { stdin: aDaemonSet(bench) });
      const { code, body } = await applyAs(bench, "other", templateImage("app:ok-2"));
      expect(code).toBe(409);
      expect(body.details?.causes?.[0]?.message).toMatch(
        /^conflict with "kubectl-create" using apps\/v1( at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?$/,
      );
    },
  },
  {
    name: "force takes the field over, and the former owner loses it",
    async run(bench) {
      await bench.kubectl(["apply", "--server-side", "-f", "-"], { stdin: aDaemonSet(bench) });
      expect((await applyAs(bench, "other", templateImage("app:ok-2"), true)).code).toBe(200);
      const { code, body } = await applyAs(bench, "third", templateImage("app:ok-3"));
      expect([code, body.details?.causes?.map(({ message }) => message)]).toEqual([409, ['conflict with "other"']]);
    },
  },
  {
    name: "applying the value that is there already shares it without a conflict",
    async run(bench) {
      await bench.kubectl(["apply", "--server-side", "-f", "-"], { stdin: aDaemonSet(bench) });
      expect((await applyAs(bench, "other", templateImage("app:ok-1"))).code).toBe(200);
      expect(templateOwners(await read(bench))).toEqual(["kubectl/Apply", "other/Apply"]);
      const { body } = await applyAs(bench, "third", templateImage("app:ok-3"));
      expect(body.message).toMatch(/^Apply failed with 2 conflicts: conflicts? with "kubectl"/);
    },
  },
  {
    name: "what an applier leaves out is removed, unless somebody else owns it",
    async run(bench) {
      const { kube, namespace } = bench;
      const apply = (manager: string, data: Record<string, string>) =>
        kube.patch(
          configMaps,
          { namespace, name: "one" },
          { type: "apply", fieldManager: manager, body: aConfigMap(bench, "one", data) },
        );
      await apply("a", { shared: "1", mine: "1" });
      await apply("b", { shared: "1" });
      expect((await apply("a", {})).data).toEqual({ shared: "1" });
      expect((await apply("b", {})).data ?? {}).toEqual({});
    },
  },
  {
    name: "kubectl apply --server-side tells of a conflict, and --force-conflicts ends it",
    async run(bench) {
      await bench.kubectl(["apply", "--server-side", "--field-manager=gitops", "-f", "-"], {
        stdin: aDaemonSet(bench),
      });
      const second = { stdin: aDaemonSet(bench, { image: "app:ok-2" }) };
      const { code, stderr } = await bench.tryKubectl(["apply", "--server-side", "-f", "-"], second);
      expect(code).toBe(1);
      expect(stderr).toContain(`conflict with "gitops": ${imagePath}`);
      await bench.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], second);
      expect((await read(bench)).spec?.template.spec?.containers[0]?.image).toBe("app:ok-2");
    },
  },
  {
    name: "kubectl apply --server-side of what kubectl apply made takes over without a conflict",
    async run(bench) {
      await bench.kubectl(["apply", "-f", "-"], { stdin: aDaemonSet(bench) });
      await bench.kubectl(["apply", "--server-side", "-f", "-"], { stdin: aDaemonSet(bench, { image: "app:ok-2" }) });
      expect(writers(await read(bench))).toEqual(["kubectl-last-applied/Apply", "kubectl/Apply"]);
    },
  },
  {
    name: "an apply without a field manager is refused",
    async run(bench) {
      const { code, body } = await bench.http({
        method: "PATCH",
        path: `/apis/apps/v1/namespaces/${bench.namespace}/daemonsets/agent`,
        contentType: "application/apply-patch+yaml",
        body: templateImage("app:ok-1"),
      });
      expect([code, body.message]).toEqual([
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      ]);
    },
  },
  {
    name: "labels and conditions are owned key by key",
    async run(bench) {
      const { kube, namespace } = bench;
      const pod = idlePod(bench, "idle");
      const { metadata } = await kube.create(pods, pod);
      const [entry] = entriesOf({ metadata });
      expect(entry?.fieldsV1).toMatchObject({ "f:metadata": { "f:labels": { ".": {}, "f:app": {} } } });
      expect(entry?.fieldsV1).toMatchObject({
        "f:spec": { "f:containers": { 'k:{"name":"main"}': { ".": {}, "f:image": {}, "f:name": {} } } },
      });
      expect(namespace).toBe(metadata.namespace);
    },
  },
];

export const ownershipCases: readonly Case[] = [...commandCases, ...applyCases];
