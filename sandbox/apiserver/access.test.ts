/** Who may do what: certificates, tokens, RBAC, reviews, audit; and requests that make no sense. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { daemonSets, pods, serviceAccounts } from "../../src/kube/resources.ts";
import { bodyLimitBytes } from "./http/body.ts";
import { daemonSet, pod } from "./testing/build.ts";
import type { TestServer } from "./testing/serve.ts";
import { serve } from "./testing/serve.ts";

let cluster: TestServer;
beforeAll(async () => {
  cluster = await serve();
});
afterAll(() => cluster.stop());

const post = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
const rbac = "/apis/rbac.authorization.k8s.io/v1";

async function allow(user: string, rules: object[], namespace = "default"): Promise<void> {
  const name = user.replaceAll(":", ".");
  await cluster.call(`${rbac}/namespaces/${namespace}/roles`, post({ metadata: { name }, rules }));
  const subjects = [{ kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io" }];
  const made = await cluster.call(
    `${rbac}/namespaces/${namespace}/rolebindings`,
    post({ metadata: { name }, roleRef: { kind: "Role", name }, subjects }),
  );
  expect(made.code).toBe(201);
}

describe("authentication", () => {
  test("needs credentials, except for health and version", async () => {
    expect((await cluster.call("/readyz", { token: null })).text).toBe("ok");
    expect((await cluster.call("/version", { token: null })).code).toBe(200);
    for (const token of [null, "wrong"]) {
      const answer = await cluster.call("/api/v1/pods", { token });
      expect([answer.code, answer.json.reason]).toEqual([401, "Unauthorized"]);
    }
  });

  test("a ServiceAccount token works until its account or pod is gone", async () => {
    await cluster.admin.create(serviceAccounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "robot", namespace: "default" },
    });
    const bound = await cluster.admin.create(pods, pod("owner"));
    const path = "/api/v1/namespaces/default/serviceaccounts/robot/token";
    const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: "owner", uid: bound.metadata.uid };
    const given = await cluster.call(path, post({ spec: { expirationSeconds: 600, boundObjectRef } }));
    const token: string = given.json.status.token;
    const review = async () =>
      (await cluster.call("/apis/authentication.k8s.io/v1/tokenreviews", post({ spec: { token } }))).json.status;
    expect(await review()).toMatchObject({
      authenticated: true,
      user: {
        username: "system:serviceaccount:default:robot",
        groups: expect.arrayContaining(["system:serviceaccounts:default", "system:authenticated"]),
      },
    });
    expect((await cluster.call("/api/v1/pods", { token })).json.message).toBe(
      'pods is forbidden: User "system:serviceaccount:default:robot" cannot list resource "pods" in API group "" at the cluster scope',
    );
    await cluster.admin.delete(pods, { namespace: "default", name: "owner" });
    expect((await review()).authenticated).toBe(false);
    expect((await cluster.call("/api/v1/pods", { token })).code).toBe(401);
  });

  test("refuses tokens that are too short-lived or forged", async () => {
    const path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    expect((await cluster.call(path, post({ spec: { expirationSeconds: 10 } }))).code).toBe(422);
    const { json } = await cluster.call(path, post({ spec: {} }));
    const [header, body, signature] = (json.status.token as string).split(".");
    const claims = {
      ...JSON.parse(Buffer.from(body ?? "", "base64url").toString()),
      sub: "system:serviceaccount:kube-system:default",
    };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
    expect((await cluster.call("/api/v1/pods", { token: forged })).code).toBe(401);
  });

  test("a kubeconfig holds a certificate for its user and groups", async () => {
    const text = await cluster.server.kubeconfig("someone", ["team-a", "team-b"]);
    expect(text).toContain("client-certificate-data");
    expect(text).toContain(cluster.server.url);
  });
});

describe("authorization", () => {
  test("is refused in the words of Kubernetes", async () => {
    const kube = cluster.as("reader");
    await expect(
      kube.patch(daemonSets, { namespace: "default", name: "x" }, { type: "merge", body: {} }),
    ).rejects.toMatchObject({
      code: 403,
      message:
        'daemonsets.apps "x" is forbidden: User "reader" cannot patch resource "daemonsets" in API group "apps" in the namespace "default"',
    });
    await expect(kube.list(pods)).rejects.toMatchObject({
      message: 'pods is forbidden: User "reader" cannot list resource "pods" in API group "" at the cluster scope',
    });
  });

  test("honours resourceNames, subresources and namespaces, as soon as the role changes", async () => {
    await cluster.admin.create(daemonSets, daemonSet("mine"));
    await cluster.admin.create(daemonSets, daemonSet("yours"));
    const kube = cluster.as("editor");
    const patch = (name: string) =>
      kube.patch(
        daemonSets,
        { namespace: "default", name },
        { type: "merge", body: { metadata: { labels: { seen: "yes" } } } },
      );
    await expect(patch("mine")).rejects.toMatchObject({ code: 403 });
    await allow("editor", [
      { verbs: ["patch"], apiGroups: ["apps"], resources: ["daemonsets"], resourceNames: ["mine"] },
    ]);
    await expect(patch("mine")).resolves.toBeDefined();
    await expect(patch("yours")).rejects.toMatchObject({ code: 403 });
    const status = kube.patchStatus(daemonSets, { namespace: "default", name: "mine" }, { type: "merge", body: {} });
    await expect(status).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining('resource "daemonsets/status"'),
    });
  });

  test("answers reviews, and lets nobody impersonate without the right", async () => {
    await allow("asker", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }]);
    const ask = (verb: string) =>
      post({ spec: { resourceAttributes: { verb, resource: "pods", namespace: "default" } } });
    const token = cluster.server.token("asker", []);
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    expect((await cluster.call(path, { ...ask("get"), token })).json.status.allowed).toBe(true);
    expect((await cluster.call(path, { ...ask("delete"), token })).json.status.allowed).toBe(false);
    const headers = { "Impersonate-User": "asker" };
    expect((await cluster.call(path, { ...ask("delete"), headers })).json.status.allowed).toBe(false);
    expect(
      (await cluster.call("/api/v1/namespaces/default/pods", { token, headers: { "Impersonate-User": "admin" } })).json
        .message,
    ).toBe(
      'users "admin" is forbidden: User "asker" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });
});

describe("audit", () => {
  test("has an entry by the time the answer is there", async () => {
    const headers = { "User-Agent": "test/1 rem/x" };
    await cluster.call("/api/v1/namespaces/default/configmaps?dryRun=All", {
      ...post({ metadata: { name: "seen" } }),
      headers,
    });
    const entry = cluster.audit().at(-1);
    expect(entry).toMatchObject({
      apiVersion: "audit.k8s.io/v1",
      stage: "ResponseComplete",
      verb: "create",
      user: { username: "admin", groups: ["system:masters", "system:authenticated"] },
      objectRef: { resource: "configmaps", namespace: "default", apiVersion: "v1" },
      responseStatus: { code: 201 },
      requestURI: "/api/v1/namespaces/default/configmaps?dryRun=All",
      userAgent: "test/1 rem/x",
      requestObject: { metadata: { name: "seen" } },
    });
  });

  test("records refusals, and no secrets", async () => {
    await cluster.call("/api/v1/pods", { token: cluster.server.token("nobody", []) });
    expect(cluster.audit().at(-1)).toMatchObject({
      user: { username: "nobody" },
      responseStatus: { code: 403, reason: "Forbidden" },
    });
    await cluster.call(
      "/api/v1/namespaces/default/secrets",
      post({ metadata: { name: "s" }, stringData: { key: "hidden-value" } }),
    );
    expect(JSON.stringify(cluster.audit().at(-1))).not.toContain("hidden-value");
  });
});

describe("requests that make no sense", () => {
  const path = "/api/v1/namespaces/default/configmaps";
  test.each([
    ["broken JSON", { method: "POST", body: "{" }, 400],
    ["a list", { method: "POST", body: "[]" }, 400],
    ["broken YAML", { method: "POST", body: "a: [", type: "application/yaml" }, 400],
    ["another kind", post({ apiVersion: "v1", kind: "Pod", metadata: { name: "x" } }), 400],
    ["another namespace", post({ metadata: { name: "x", namespace: "kube-system" } }), 400],
    ["metadata that is text", post({ metadata: "x" }), 400],
    ["data of the wrong type", post({ metadata: { name: "x" }, data: { a: 1 } }), 400],
    ["no name", post({ metadata: {} }), 422],
    ["broken protobuf", { method: "POST", body: "k8s\0\x99", type: "application/vnd.kubernetes.protobuf" }, 400],
    ["a method that is not allowed", { method: "PUT", body: "{}" }, 405],
    ["a huge body", { method: "POST", body: "x".repeat(bodyLimitBytes + 1) }, 413],
  ])("%s", async (_, request, code) => {
    const answer = await cluster.call(path, request);
    expect(answer.code).toBe(code);
    expect(answer.json.kind).toBe("Status");
  });

  test("an unknown dry run is 422 and writes nothing", async () => {
    expect((await cluster.call(`${path}?dryRun=Some`, post({ metadata: { name: "some" } }))).code).toBe(422);
    expect((await cluster.call(`${path}/some`)).code).toBe(404);
  });

  test("an unknown patch type is 415, and an unknown field with strict validation 400", async () => {
    const answer = await cluster.call(`${path}/x`, { method: "PATCH", body: "{}", type: "text/plain" });
    expect([answer.code, answer.json.reason]).toEqual([415, "UnsupportedMediaType"]);
    const strict = await cluster.call(
      `${path}?fieldValidation=Strict`,
      post({ metadata: { name: "strict" }, date: {} }),
    );
    expect(strict.json.message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "date"',
    );
    const warned = await cluster.call(`${path}?fieldValidation=Warn`, post({ metadata: { name: "warned" }, date: {} }));
    expect([warned.code, warned.headers.warning]).toEqual([201, '299 - "unknown field \\"date\\""']);
  });
});
