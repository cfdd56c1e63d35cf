/** What an object looks like when it comes back: as Go's types write it. */
import type { Pod } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { configMaps, daemonSets, jobs, nodes, pods } from "../../../src/kube/resources.ts";
import type { Case } from "../case.ts";
import { aDaemonSet, aJob, idlePod, podsOf, settledDaemonSet } from "../objects.ts";
import { agent, failure, one } from "../writes.ts";

const tokenMount = "/var/run/secrets/kubernetes.io/serviceaccount";

export const storedFormCases: readonly Case[] = [
  {
    name: "empty fields and nulls do not come back",
    async run(bench) {
      const labels = {};
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps`;
      const body = {
        metadata: { name: "one", labels, finalizers: null, creationTimestamp: null },
        data: {},
        binaryData: null,
      };
      expect((await bench.http({ method: "POST", path, body })).code).toBe(201);
      const stored = await bench.kube.get(configMaps, one(bench));
      expect(Object.keys(stored).toSorted()).toEqual(["apiVersion", "kind", "metadata"]);
      expect(stored.metadata).not.toHaveProperty("labels");
      expect(stored.metadata).not.toHaveProperty("finalizers");
    },
  },
  {
    name: "unknown fields are dropped on creation, at every depth",
    async run(bench) {
      const path = `/apis/apps/v1/namespaces/${bench.namespace}/daemonsets?fieldValidation=Ignore`;
      const ds = aDaemonSet(bench, { container: { imagePullPolcy: "Never" } as object });
      expect((await bench.http({ method: "POST", path, body: { ...ds, nonsense: 1 } })).code).toBe(201);
      const stored = await bench.kube.get(daemonSets, agent(bench));
      expect(stored).not.toHaveProperty("nonsense");
      expect(stored.spec?.template.spec?.containers[0]).not.toHaveProperty("imagePullPolcy");
      expect(stored.spec?.template.metadata).not.toHaveProperty("creationTimestamp");
    },
  },
  {
    name: "the status of a new DaemonSet has its four numbers, that of a new Job is empty",
    async run(bench) {
      const made = await bench.kube.create(daemonSets, aDaemonSet(bench));
      expect(made.status).toEqual({
        currentNumberScheduled: 0,
        desiredNumberScheduled: 0,
        numberMisscheduled: 0,
        numberReady: 0,
      });
      const job = await bench.kube.create(jobs, aJob(bench, 0, { suspend: true }));
      expect(job.status).toEqual({});
      // Without labels of its own it takes those of its pods.
      expect(job.metadata.labels).toEqual(job.spec?.template.metadata?.labels);
      expect(job.metadata.labels).toMatchObject({ "job-name": "work" });
    },
  },
  {
    name: "a pod gets the token of its ServiceAccount as a volume, unless it says no",
    async run(bench) {
      const { spec } = await bench.kube.create(pods, idlePod(bench, "one"));
      const [mount] = spec?.containers[0]?.volumeMounts ?? [];
      expect(mount).toEqual({
        name: expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/) as string,
        readOnly: true,
        mountPath: tokenMount,
      });
      expect(spec?.volumes).toEqual([
        {
          name: mount?.name,
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
              { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
              {
                downwardAPI: {
                  items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
                },
              },
            ],
          },
        },
      ]);
      const without = await bench.kube.create(pods, idlePod(bench, "two", { automountServiceAccountToken: false }));
      expect([without.spec?.volumes, without.spec?.containers[0]?.volumeMounts]).toEqual([undefined, undefined]);
    },
  },
  {
    name: "conditions of a pod have a probe time, events a time, also where they are null",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const [pod] = await podsOf(bench);
      const times = pod?.status?.conditions?.map((each) => each.lastProbeTime);
      expect(times?.length).toBeGreaterThan(3);
      expect(times?.every((time) => time === null)).toBe(true);
      const path = `/api/v1/namespaces/${bench.namespace}/events?fieldSelector=reason%3DSuccessfulCreate`;
      const { items } = await bench.until("the event", async () => {
        const { body } = await bench.http<{ items: { eventTime?: string | null }[] }>({ path });
        return body.items.length > 0 && body;
      });
      expect(items[0]?.eventTime).toBeNull();
    },
  },
  {
    name: "what kubectl apply sets is its own; what the server adds later is nobody's",
    async run(bench) {
      const ds = aDaemonSet(bench);
      await bench.kubectl(["apply", "-f", "-"], { stdin: ds });
      const { metadata } = await bench.kube.get(daemonSets, agent(bench));
      const entry = metadata.managedFields?.find(({ manager }) => manager === "kubectl-client-side-apply");
      expect(entry?.fieldsV1).toMatchObject({
        "f:metadata": {
          "f:annotations": {
            ".": {},
            "f:deprecated.daemonset.template.generation": {},
            "f:kubectl.kubernetes.io/last-applied-configuration": {},
          },
        },
        "f:spec": {
          "f:template": { "f:metadata": { "f:labels": { ".": {}, "f:app": {} } } },
          "f:updateStrategy": {
            "f:rollingUpdate": { ".": {}, "f:maxSurge": {}, "f:maxUnavailable": {} },
            "f:type": {},
          },
        },
      });
      const pod = await bench.kube.create(pods, idlePod(bench, "one"));
      const own = JSON.stringify(pod.metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1));
      for (const field of ["f:tolerations", "f:volumes", "f:priority", "f:serviceAccountName"])
        expect(own).not.toContain(`"${field}"`);
    },
  },
  {
    name: "who applies what is there already is listed without a time",
    async run(bench) {
      const patch = (manager: string) =>
        bench.kube.patch(configMaps, one(bench), {
          type: "apply",
          fieldManager: manager,
          body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one" }, data: { a: "1" } },
        });
      await patch("first");
      const { metadata } = await patch("second");
      expect(metadata.managedFields?.map(({ manager, time }) => [manager, time === undefined])).toEqual([
        ["second", true],
        ["first", false],
      ]);
    },
  },
  {
    name: "a node that the controller has met: its annotation and its event",
    nodes: 1,
    async run(bench) {
      const [name = ""] = bench.nodes;
      const node = await bench.until("the annotation", async () => {
        const found = await bench.kube.get(nodes, { name });
        return found.metadata.annotations?.["node.alpha.kubernetes.io/ttl"] === "0" && found;
      });
      expect(node.spec).not.toHaveProperty("taints");
      const path = `/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3D${name},reason%3DRegisteredNode`;
      const { items } = await bench.until("the event", async () => {
        const { body } = await bench.http<{ items: { message: string }[] }>({ path });
        return body.items.length > 0 && body;
      });
      expect(items[0]?.message).toBe(`Node ${name} event: Registered Node ${name} in Controller`);
    },
  },
  {
    name: "what a pod's spec may not say: ports, environment, resources, tolerations",
    async run(bench) {
      const told = async (spec: Partial<NonNullable<Pod["spec"]>>) =>
        (await failure(bench.kube.create(pods, idlePod(bench, "one", spec), { dryRun: true }))).message;
      const main = { name: "main", image: "app:ok-1" };
      expect(await told({ containers: [{ ...main, ports: [{ containerPort: 99_999 }] }] })).toBe(
        'Pod "one" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive',
      );
      expect(await told({ containers: [{ ...main, env: [{ name: "a=b" }] }] })).toContain(
        "spec.containers[0].env[0].name: Invalid value",
      );
      const resources = { requests: { cpu: "2" }, limits: { cpu: "1" } };
      expect(await told({ containers: [{ ...main, resources }] })).toBe(
        'Pod "one" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      );
      expect(await told({ tolerations: [{ operator: "Exists", value: "x" }] })).toBe(
        'Pod "one" is invalid: spec.tolerations[0].operator: Invalid value: "x": value must be empty when `operator` is \'Exists\'',
      );
      expect(await told({ dnsPolicy: "X" })).toBe(
        'Pod "one" is invalid: spec.dnsPolicy: Unsupported value: "X": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      );
    },
  },
];
