/** Writing and deleting objects through the server, as clients see it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configMaps, daemonSets, jobs, namespaces, nodes, pods } from "../../src/kube/resources.ts";
import { daemonSet, pod } from "./testing/build.ts";
import type { TestServer } from "./testing/serve.ts";
import { serve } from "./testing/serve.ts";

let cluster: TestServer;
beforeAll(async () => {
  cluster = await serve();
});
afterAll(() => cluster.stop());

const at = (name: string) => ({ namespace: "default", name });

describe("create", () => {
  test("fills in what the server decides and the defaults of a DaemonSet", async () => {
    const made = await cluster.admin.create(daemonSets, daemonSet("defaults"));
    expect(made.metadata).toMatchObject({
      generation: 1,
      annotations: { "deprecated.daemonset.template.generation": "1" },
    });
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(made.spec).toMatchObject({
      revisionHistoryLimit: 10,
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      template: {
        spec: {
          restartPolicy: "Always",
          terminationGracePeriodSeconds: 30,
          dnsPolicy: "ClusterFirst",
          schedulerName: "default-scheduler",
          securityContext: {},
        },
      },
    });
    expect(made.spec?.template.spec?.containers[0]).toMatchObject({
      imagePullPolicy: "IfNotPresent",
      terminationMessagePolicy: "File",
      resources: {},
    });
  });

  test("gives a Job its selector, labels and limits", async () => {
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "app", image: "app" }] } };
    const made = await cluster.admin.create(jobs, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: at("job"),
      spec: { template },
    });
    expect(made.spec).toMatchObject({
      backoffLimit: 6,
      completions: 1,
      parallelism: 1,
      completionMode: "NonIndexed",
      suspend: false,
    });
    expect(made.spec?.selector?.matchLabels).toEqual({ "batch.kubernetes.io/controller-uid": made.metadata.uid });
    expect(made.spec?.template.metadata?.labels).toMatchObject({
      "job-name": "job",
      "controller-uid": made.metadata.uid,
    });
    expect(made.spec?.template.spec?.containers[0]?.imagePullPolicy).toBe("Always");
  });

  test("adds tolerations, priority and ServiceAccount to a pod, and the taint to a node", async () => {
    const made = await cluster.admin.create(pods, pod("admitted", { priorityClassName: "system-node-critical" }));
    expect(made.spec).toMatchObject({ serviceAccountName: "default", priority: 2_000_001_000 });
    expect(made.spec?.tolerations?.map((one) => [one.key, one.tolerationSeconds])).toEqual([
      ["node.kubernetes.io/not-ready", 300],
      ["node.kubernetes.io/unreachable", 300],
    ]);
    expect(made.status).toMatchObject({ phase: "Pending", qosClass: "BestEffort" });
    const node = await cluster.admin.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: "tainted" } });
    expect(node.spec?.taints).toEqual([{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
  });

  test("draws a name from generateName, and refuses a second object of a name", async () => {
    const made = await cluster.admin.create(pods, pod("", {}, { generateName: "drawn-" }));
    expect(made.metadata.name).toMatch(/^drawn-[a-z0-9]{5}$/);
    await expect(
      cluster.admin.create(pods, { ...made, metadata: { name: made.metadata.name, namespace: "default" } }),
    ).rejects.toMatchObject({
      code: 409,
      reason: "AlreadyExists",
      message: `pods "${made.metadata.name}" already exists`,
    });
  });

  test.each([
    ["an unknown namespace", { namespace: "nowhere" }, {}, 404, 'namespaces "nowhere" not found'],
    [
      "an unknown ServiceAccount",
      {},
      { serviceAccountName: "gone" },
      403,
      'pods "refused" is forbidden: error looking up service account default/gone: serviceaccount "gone" not found',
    ],
    [
      "an unknown PriorityClass",
      {},
      { priorityClassName: "gone" },
      403,
      'pods "refused" is forbidden: no PriorityClass with name gone was found',
    ],
  ])("refuses a pod with %s", async (_, metadata, spec, code, message) => {
    await expect(
      cluster.admin.create(pods, pod("refused", spec, { name: "refused", namespace: "default", ...metadata })),
    ).rejects.toMatchObject({ code, message });
  });

  test.each([
    ["a bad name", { ...daemonSet("x"), metadata: { name: "Bad_Name", namespace: "default" } }, "metadata.name"],
    [
      "a selector that misses its template",
      daemonSet("x", { selector: { matchLabels: { app: "y" } } }),
      "spec.template.metadata.labels",
    ],
    [
      "no containers",
      daemonSet("x", { template: { metadata: { labels: { app: "x" } }, spec: { containers: [] } } }),
      "spec.template.spec.containers",
    ],
    [
      "both budgets zero",
      daemonSet("x", { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } }),
      "spec.updateStrategy.rollingUpdate.maxUnavailable",
    ],
    [
      "both budgets set",
      daemonSet("x", { updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } }),
      "spec.updateStrategy.rollingUpdate.maxSurge",
    ],
  ])("answers 422 with the field for %s", async (_, object, field) => {
    const answer = await cluster.call("/apis/apps/v1/namespaces/default/daemonsets", {
      method: "POST",
      body: JSON.stringify(object),
    });
    expect(answer.code).toBe(422);
    expect(answer.json.reason).toBe("Invalid");
    expect(answer.json.details.causes.map((cause: { field: string }) => cause.field)).toContain(field);
  });

  test("stores nothing on a dry run", async () => {
    await cluster.admin.create(
      configMaps,
      { apiVersion: "v1", kind: "ConfigMap", metadata: at("dry") },
      { dryRun: true },
    );
    await expect(cluster.admin.get(configMaps, at("dry"))).rejects.toMatchObject({
      code: 404,
      message: 'configmaps "dry" not found',
    });
  });

  test("refuses more pods than a quota allows", async () => {
    await cluster.admin.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "full" } });
    const body = (object: object) => ({ method: "POST", body: JSON.stringify(object) });
    await cluster.call("/api/v1/namespaces/full/serviceaccounts", body({ metadata: { name: "default" } }));
    await cluster.call(
      "/api/v1/namespaces/full/resourcequotas",
      body({ metadata: { name: "none" }, spec: { hard: { pods: "0" } } }),
    );
    await expect(cluster.admin.create(pods, pod("one", {}, { name: "one", namespace: "full" }))).rejects.toMatchObject({
      code: 403,
      message: 'pods "one" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0',
    });
  });

  test("answers 500 when a webhook that must be asked cannot be reached", async () => {
    const rules = [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }];
    const clientConfig = { service: { namespace: "default", name: "gone" } };
    const webhook = {
      name: "a.example.com",
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      rules,
      clientConfig,
    };
    const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    await cluster.call(path, {
      method: "POST",
      body: JSON.stringify({ metadata: { name: "broken" }, webhooks: [webhook] }),
    });
    const made = cluster.admin.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: at("hooked") });
    await expect(made).rejects.toMatchObject({
      code: 500,
      message: expect.stringContaining('failed calling webhook "a.example.com"'),
    });
    await cluster.call(`${path}/broken`, { method: "DELETE" });
    await cluster.admin.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: at("hooked") });
  });
});

describe("update", () => {
  test("counts generations for the spec only, and revisions for every change", async () => {
    const made = await cluster.admin.create(daemonSets, daemonSet("counted"));
    const labelled = await cluster.admin.patch(daemonSets, at("counted"), {
      type: "merge",
      body: { metadata: { labels: { a: "b" } } },
    });
    expect(labelled.metadata.generation).toBe(1);
    expect(Number(labelled.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
    const changed = await cluster.admin.patch(daemonSets, at("counted"), {
      type: "merge",
      body: { spec: { minReadySeconds: 3 } },
    });
    expect(changed.metadata).toMatchObject({
      generation: 2,
      annotations: { "deprecated.daemonset.template.generation": "1" },
    });
    const same = await cluster.admin.patch(daemonSets, at("counted"), {
      type: "merge",
      body: { spec: { minReadySeconds: 3 } },
    });
    expect(same.metadata.resourceVersion).toBe(changed.metadata.resourceVersion);
    const image = [{ op: "replace" as const, path: "/spec/template/spec/containers/0/image", value: "app:ok-2" }];
    const rolled = await cluster.admin.patch(daemonSets, at("counted"), { type: "json", operations: image });
    expect(rolled.metadata).toMatchObject({
      generation: 3,
      annotations: { "deprecated.daemonset.template.generation": "2" },
    });
  });

  test("keeps spec and status apart", async () => {
    await cluster.admin.create(daemonSets, daemonSet("apart"));
    const body = { spec: { minReadySeconds: 9 }, status: { numberReady: 7 } };
    const viaMain = await cluster.admin.patch(daemonSets, at("apart"), { type: "merge", body });
    expect([viaMain.spec?.minReadySeconds, viaMain.status?.numberReady]).toEqual([9, 0]);
    const viaStatus = await cluster.admin.patchStatus(daemonSets, at("apart"), {
      type: "merge",
      body: { spec: { minReadySeconds: 1 }, status: { numberReady: 7 } },
    });
    expect([viaStatus.spec?.minReadySeconds, viaStatus.status?.numberReady, viaStatus.metadata.generation]).toEqual([
      9, 7, 2,
    ]);
  });

  test("refuses stale versions, in a PUT and in the body of a patch", async () => {
    const made = await cluster.admin.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: at("stale"),
      data: { a: "1" },
    });
    await cluster.admin.replace(configMaps, { ...made, data: { a: "2" } });
    const conflict = {
      code: 409,
      reason: "Conflict",
      message: expect.stringMatching(
        /^Operation cannot be fulfilled on configmaps "stale": the object has been modified/,
      ),
    };
    await expect(cluster.admin.replace(configMaps, { ...made, data: { a: "3" } })).rejects.toMatchObject(conflict);
    const body = { metadata: { resourceVersion: made.metadata.resourceVersion }, data: { a: "3" } };
    await expect(cluster.admin.patch(configMaps, at("stale"), { type: "merge", body })).rejects.toMatchObject(conflict);
  });

  test("answers 422 to a failed test of a JSON patch", async () => {
    await cluster.admin.create(daemonSets, daemonSet("tested"));
    const operations = [
      { op: "test" as const, path: "/metadata/generation", value: 99 },
      { op: "replace" as const, path: "/spec/minReadySeconds", value: 1 },
    ];
    await expect(cluster.admin.patch(daemonSets, at("tested"), { type: "json", operations })).rejects.toMatchObject({
      code: 422,
      reason: "Invalid",
    });
  });

  test.each([
    [
      "the selector of a DaemonSet",
      daemonSets,
      "immutable",
      {
        spec: {
          selector: { matchLabels: { app: "immutable", b: "c" } },
          template: { metadata: { labels: { b: "c" } } },
        },
      },
    ],
    ["the node of a pod", pods, "immutable-pod", { spec: { nodeName: "n9" } }],
    ["the volumes of a pod", pods, "immutable-pod", { spec: { volumes: [{ name: "v", emptyDir: {} }] } }],
  ] as const)("does not change %s", async (_, resource, name, body) => {
    if (resource === daemonSets) await cluster.admin.create(daemonSets, daemonSet(name));
    else await cluster.admin.create(pods, pod(name)).catch(() => undefined);
    await expect(cluster.admin.patch<unknown>(resource, at(name), { type: "merge", body })).rejects.toMatchObject({
      code: 422,
      reason: "Invalid",
    });
  });

  test("lets a pod's image change", async () => {
    await cluster.admin.create(pods, pod("imaged"));
    const body = { spec: { containers: [{ name: "app", image: "app:ok-2" }] } };
    const changed = await cluster.admin.patch(pods, at("imaged"), { type: "strategic", body });
    expect(changed.spec?.containers[0]).toMatchObject({ image: "app:ok-2", imagePullPolicy: "IfNotPresent" });
  });
});

describe("delete", () => {
  test("takes a pod that nobody runs at once, and gives a running one its grace", async () => {
    await cluster.admin.create(pods, pod("unbound"));
    await cluster.admin.delete(pods, at("unbound"));
    await expect(cluster.admin.get(pods, at("unbound"))).rejects.toMatchObject({ code: 404 });

    await cluster.admin.create(pods, pod("bound", { nodeName: "n1", terminationGracePeriodSeconds: 20 }));
    const before = Date.now();
    await cluster.admin.delete(pods, at("bound"));
    const dying = await cluster.admin.get(pods, at("bound"));
    expect(dying.metadata.deletionGracePeriodSeconds).toBe(20);
    expect(Date.parse(dying.metadata.deletionTimestamp ?? "") - before).toBeGreaterThan(18_000);
    await cluster.admin.delete(pods, at("bound"), { gracePeriodSeconds: 0 });
    await expect(cluster.admin.get(pods, at("bound"))).rejects.toMatchObject({ code: 404 });
  });

  test("holds an object until its last finalizer is gone", async () => {
    const metadata = { ...at("held"), finalizers: ["example.com/hold"] };
    const made = await cluster.admin.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata });
    await cluster.admin.delete(configMaps, at("held"), { propagationPolicy: "Foreground" });
    const held = await cluster.admin.get(configMaps, at("held"));
    expect(held.metadata.finalizers).toEqual(["example.com/hold", "foregroundDeletion"]);
    expect(held.metadata.uid).toBe(made.metadata.uid);
    await cluster.admin.patch(configMaps, at("held"), { type: "merge", body: { metadata: { finalizers: null } } });
    await expect(cluster.admin.get(configMaps, at("held"))).rejects.toMatchObject({ code: 404 });
  });

  test.each([
    ["uid", "00000000-0000-0000-0000-000000000000"],
    ["resourceVersion", "1"],
  ])("refuses when the %s is another one", async (field, value) => {
    await cluster.admin.create(pods, pod(`fenced-${field.toLowerCase()}`));
    const ref = at(`fenced-${field.toLowerCase()}`);
    await expect(cluster.admin.delete(pods, ref, { preconditions: { [field]: value } })).rejects.toMatchObject({
      code: 409,
      reason: "Conflict",
    });
    await expect(cluster.admin.get(pods, ref)).resolves.toBeDefined();
  });

  test("deletes a collection by label, and a dry run deletes nothing", async () => {
    for (const [name, label] of [
      ["c1", "x"],
      ["c2", "x"],
      ["c3", "y"],
    ] as const)
      await cluster.admin.create(pods, pod(name, {}, { name, namespace: "default", labels: { group: label } }));
    const path = "/api/v1/namespaces/default/pods?labelSelector=group%3Dx";
    await cluster.call(`${path}&dryRun=All`, { method: "DELETE" });
    expect((await cluster.admin.list(pods, { labelSelector: "group" })).items).toHaveLength(3);
    await cluster.call(path, { method: "DELETE" });
    expect((await cluster.admin.list(pods, { labelSelector: "group" })).items.map((one) => one.metadata.name)).toEqual([
      "c3",
    ]);
  });

  test("evicts a pod, unless its budget says no", async () => {
    await cluster.admin.create(
      pods,
      pod("evicted", { nodeName: "n1" }, { name: "evicted", namespace: "default", labels: { app: "budgeted" } }),
    );
    const budget = {
      metadata: { name: "strict" },
      spec: { maxUnavailable: 0, selector: { matchLabels: { app: "budgeted" } } },
    };
    await cluster.call("/apis/policy/v1/namespaces/default/poddisruptionbudgets", {
      method: "POST",
      body: JSON.stringify(budget),
    });
    const evict = () =>
      cluster.call("/api/v1/namespaces/default/pods/evicted/eviction", { method: "POST", body: "{}" });
    const refused = await evict();
    expect([refused.code, refused.headers["retry-after"]]).toEqual([429, "10"]);
    await cluster.call("/apis/policy/v1/namespaces/default/poddisruptionbudgets/strict", { method: "DELETE" });
    expect((await evict()).code).toBe(201);
    expect((await cluster.admin.get(pods, at("evicted"))).metadata.deletionTimestamp).toBeDefined();
  });

  test("keeps a namespace until it is finalized, and lets nothing new into it", async () => {
    await cluster.admin.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "ending" } });
    await cluster.admin.delete(namespaces, { name: "ending" });
    const ending = await cluster.admin.get(namespaces, { name: "ending" });
    expect(ending.status?.phase).toBe("Terminating");
    await expect(
      cluster.admin.create(configMaps, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "late", namespace: "ending" },
      }),
    ).rejects.toMatchObject({
      code: 403,
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace ending because it is being terminated',
    });
    await cluster.call("/api/v1/namespaces/ending/finalize", {
      method: "PUT",
      body: JSON.stringify({ ...ending, spec: { finalizers: [] } }),
    });
    await expect(cluster.admin.get(namespaces, { name: "ending" })).rejects.toMatchObject({ code: 404 });
  });
});
