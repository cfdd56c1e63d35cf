/** Who may do what, and how a refusal reads. */
import { writeFileSync } from "node:fs";
import { expect } from "vitest";
import { configMaps, pods, serviceAccounts } from "../../../src/kube/resources.ts";
import type { Kube } from "../../../src/kube/types.ts";
import { tokenKubeconfig } from "../../support/account.ts";
import type { Bench, Case } from "../case.ts";
import type { Status } from "../http.ts";
import { aConfigMap, idlePod } from "../objects.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

const coreRule = (resource: string, verbs: string[], resourceNames?: string[]): Rule => ({
  apiGroups: [""],
  resources: [resource],
  verbs,
  ...(resourceNames === undefined ? {} : { resourceNames }),
});

interface Account {
  token: string;
  kube: Kube;
  user: string;
}

/** A ServiceAccount with a Role of these rules in its own namespace. */
async function account(bench: Bench, rules: readonly Rule[]): Promise<Account> {
  const { kube, http, namespace, world } = bench;
  await kube.create(serviceAccounts, { metadata: { name: "worker", namespace } });
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const role = { metadata: { name: "worker" }, rules };
  const binding = {
    metadata: { name: "worker" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "worker" },
    subjects: [{ kind: "ServiceAccount", name: "worker", namespace }],
  };
  expect((await http({ method: "POST", path: `${rbac}/roles`, body: role })).code).toBe(201);
  expect((await http({ method: "POST", path: `${rbac}/rolebindings`, body: binding })).code).toBe(201);
  const token = await tokenOf(bench, "worker");
  const user = `system:serviceaccount:${namespace}:worker`;
  const worker = { token, kube: world.withToken(token), user };
  // A real API server learns of new roles by its own watch.
  const [first] = rules;
  if (first?.verbs[0] !== undefined) await bench.until("the rights are known", async () => mayDo(bench, worker, first));
  return worker;
}

async function tokenOf({ kube, namespace }: Bench, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
  return (await kube.post<{ status: { token: string } }>(path, body)).status.token;
}

interface Review {
  status: { allowed: boolean; reason?: string };
}

async function review(bench: Bench, { kube }: Account, attributes: Record<string, string>): Promise<Review["status"]> {
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { namespace: bench.namespace, ...attributes } },
  };
  return (await kube.post<Review>("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)).status;
}

async function mayDo(bench: Bench, who: Account, rule: Rule): Promise<boolean> {
  const [verb = "", resource = "", name] = [rule.verbs[0], rule.resources[0], rule.resourceNames?.[0]];
  const group = rule.apiGroups[0] ?? "";
  return (await review(bench, who, { verb, group, resource, ...(name === undefined ? {} : { name }) })).allowed;
}

async function refusal(work: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  return work.then(
    () => ({ code: 200, reason: "", message: "it succeeded" }),
    (error: unknown) => error as { code: number; reason: string; message: string },
  );
}

export const accessCases: readonly Case[] = [
  {
    name: "a refusal names the user, the verb, the resource, the group and the namespace",
    async run(bench) {
      const { kube, user } = await account(bench, [coreRule("configmaps", ["get"])]);
      const { namespace } = bench;
      expect(await refusal(kube.list(pods, { namespace }))).toMatchObject({
        code: 403,
        reason: "Forbidden",
        message: `pods is forbidden: User "${user}" cannot list resource "pods" in API group "" in the namespace "${namespace}"`,
      });
      expect((await refusal(kube.list(pods))).message).toBe(
        `pods is forbidden: User "${user}" cannot list resource "pods" in API group "" at the cluster scope`,
      );
      expect((await refusal(kube.delete(pods, { namespace, name: "one" }))).message).toBe(
        `pods "one" is forbidden: User "${user}" cannot delete resource "pods" in API group "" in the namespace "${namespace}"`,
      );
      const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/agent`;
      const call = { method: "PATCH", path, contentType: "application/merge-patch+json", body: {} };
      const token = await tokenOf(bench, "worker");
      expect((await bench.http({ ...call, token })).body.message).toBe(
        `daemonsets.apps "agent" is forbidden: User "${user}" cannot patch resource "daemonsets" in API group "apps" in the namespace "${namespace}"`,
      );
      const logs = await bench.http({ path: `/api/v1/namespaces/${namespace}/pods/one/log`, token });
      expect(logs.body.message).toContain('cannot get resource "pods/log" in API group ""');
    },
  },
  {
    name: "a right on one name is a right on that name, and to list it by its name",
    async run(bench) {
      const { namespace } = bench;
      const { kube } = await account(bench, [coreRule("configmaps", ["get", "list", "watch"], ["one"])]);
      await bench.kube.create(configMaps, aConfigMap(bench, "one"));
      await bench.kube.create(configMaps, aConfigMap(bench, "two"));
      expect((await kube.get(configMaps, { namespace, name: "one" })).metadata.name).toBe("one");
      expect((await refusal(kube.get(configMaps, { namespace, name: "two" }))).code).toBe(403);
      expect((await refusal(kube.list(configMaps, { namespace }))).code).toBe(403);
      const { items } = await kube.list(configMaps, { namespace, fieldSelector: "metadata.name=one" });
      expect(items.map(({ metadata }) => metadata.name)).toEqual(["one"]);
    },
  },
  {
    name: "the right to a resource is none to its subresource",
    async run(bench) {
      const { namespace } = bench;
      const { kube } = await account(bench, [coreRule("pods", ["get", "patch"])]);
      await bench.kube.create(pods, idlePod(bench, "one"));
      const body = { status: { message: "x" } };
      expect(await refusal(kube.patchStatus(pods, { namespace, name: "one" }, { type: "merge", body }))).toMatchObject({
        code: 403,
        message: expect.stringContaining('cannot patch resource "pods/status"') as string,
      });
    },
  },
  {
    name: "creating by apply needs patch, and create as well",
    async run(bench) {
      const { kube } = await account(bench, [coreRule("configmaps", ["patch"])]);
      const ref = { namespace: bench.namespace, name: "one" };
      const patch = { type: "apply", fieldManager: "x", body: { metadata: { name: "one" }, data: {} } } as const;
      const failed = await refusal(kube.patch(configMaps, ref, patch));
      expect([failed.code, failed.message]).toEqual([
        403,
        expect.stringContaining('cannot create resource "configmaps"') as string,
      ]);
    },
  },
  {
    name: "a SelfSubjectAccessReview answers for oneself",
    async run(bench) {
      const worker = await account(bench, [coreRule("pods", ["get"]), coreRule("configmaps", ["*"], ["one"])]);
      expect(await review(bench, worker, { verb: "get", resource: "pods" })).toMatchObject({
        allowed: true,
        reason: expect.stringMatching(
          /^RBAC: allowed by RoleBinding "worker\/.*" of Role "worker" to ServiceAccount "worker\/.*"$/,
        ) as string,
      });
      expect((await review(bench, worker, { verb: "delete", resource: "pods" })).allowed).toBe(false);
      expect((await review(bench, worker, { verb: "get", resource: "pods", subresource: "log" })).allowed).toBe(false);
      expect((await review(bench, worker, { verb: "get", resource: "pods", namespace: "default" })).allowed).toBe(
        false,
      );
      expect((await review(bench, worker, { verb: "patch", resource: "configmaps", name: "one" })).allowed).toBe(true);
      expect((await review(bench, worker, { verb: "patch", resource: "configmaps" })).allowed).toBe(false);
    },
  },
  {
    name: "kubectl auth can-i and whoami",
    async run(bench) {
      const { token, user } = await account(bench, [coreRule("pods", ["get"])]);
      const kubeconfig = `${bench.world.scratch}/${bench.namespace}.kubeconfig`;

      const { url, identity } = bench.world;
      writeFileSync(kubeconfig, tokenKubeconfig({ url, caPem: identity.caPem, user: "worker", token }), {
        mode: 0o600,
      });
      expect((await bench.kubectl(["auth", "can-i", "get", "pods"], { kubeconfig })).trim()).toBe("yes");
      const no = await bench.tryKubectl(["auth", "can-i", "delete", "pods"], { kubeconfig });
      expect([no.code, no.stdout.trim()]).toEqual([1, "no"]);
      const me = JSON.parse(await bench.kubectl(["auth", "whoami", "-o", "json"], { kubeconfig })) as {
        status: { userInfo: { username: string; groups: string[] } };
      };
      expect(me.status.userInfo.username).toBe(user);
      expect(me.status.userInfo.groups).toEqual([
        "system:serviceaccounts",
        `system:serviceaccounts:${bench.namespace}`,
        "system:authenticated",
      ]);
    },
  },
  {
    name: "a token that nobody issued is 401",
    async run(bench) {
      const path = `/api/v1/namespaces/${bench.namespace}/pods`;
      const wrong = await bench.http({ path, token: "nonsense" });
      expect([wrong.code, wrong.body.reason, wrong.body.message]).toEqual([401, "Unauthorized", "Unauthorized"]);
    },
  },
  {
    name: "a token lives as long as its ServiceAccount",
    async run(bench) {
      const { token } = await account(bench, [coreRule("pods", ["list"])]);
      const path = `/api/v1/namespaces/${bench.namespace}/pods`;
      expect((await bench.http({ path, token })).code).toBe(200);
      await bench.kube.delete(serviceAccounts, { namespace: bench.namespace, name: "worker" });
      // A real API server remembers a good token for ten seconds.
      await bench.until("the token is refused", async () => (await bench.http({ path, token })).code === 401);
    },
  },
  {
    name: "a token says whom it is for and until when; too short a life is refused",
    async run(bench) {
      const path = `/api/v1/namespaces/${bench.namespace}/serviceaccounts/default/token`;
      const ask = (expirationSeconds: number) =>
        bench.http<Status & { status: { token: string; expirationTimestamp: string } }>({
          method: "POST",
          path,
          body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds } },
        });
      const { code, body } = await ask(600);
      expect(code).toBe(201);
      const claims = JSON.parse(Buffer.from(body.status.token.split(".")[1] ?? "", "base64url").toString()) as object;
      expect(claims).toMatchObject({
        sub: `system:serviceaccount:${bench.namespace}:default`,
        "kubernetes.io": { namespace: bench.namespace, serviceaccount: { name: "default" } },
      });
      const seconds = (Date.parse(body.status.expirationTimestamp) - Date.now()) / 1000;
      expect(seconds).toBeGreaterThan(590);
      expect(seconds).toBeLessThan(601);
      const short = await ask(60);
      expect([short.code, (short.body as Status).message]).toEqual([
        422,
        expect.stringContaining("may not specify a duration less than 10 minutes") as string,
      ]);
    },
  },
  {
    name: "nobody grants rights that they do not have",
    async run(bench) {
      const { token } = await account(bench, [
        { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["create"] },
      ]);
      const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${bench.namespace}/roles`;
      const body = { metadata: { name: "more" }, rules: [coreRule("secrets", ["get"])] };
      const { code, body: status } = await bench.http({ method: "POST", path, body, token });
      expect(code).toBe(403);
      expect(status.message).toContain("is attempting to grant RBAC permissions not currently held");
    },
  },
  {
    name: "impersonation: the administrator as a ServiceAccount",
    async run(bench) {
      const { user } = await account(bench, [coreRule("pods", ["get"])]);
      const { code, stderr } = await bench.tryKubectl(["get", "pods", "--as", user]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`User "${user}" cannot list resource "pods"`) as string,
      ]);
    },
  },
];
