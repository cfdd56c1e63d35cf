/** deploy/approval/policy.yaml on our own kind: who may change what of a Remediation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parseAllDocuments } from "yaml";
import { serviceAccounts } from "../../../src/kube/resources.ts";
import { awaitingRemediation } from "../../support/control-fixture.ts";
import { createMemoryKube } from "../../support/memory-kube.ts";
import { root } from "../../support/source-files.ts";
import type { Bench, Case } from "../case.ts";
import type { HttpAnswer, Status } from "../http.ts";

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
}

/** The shipped manifests, in a group of the case's own, so that cases beside this one are not touched. */
function shipped(file: string, { namespace }: Bench): Manifest[] {
  const text = readFileSync(join(root, "deploy", file), "utf8")
    .replaceAll("openfero.io", groupOf(namespace))
    .replaceAll("serviceaccount:openfero:", `serviceaccount:${namespace}:`)
    .replaceAll(/\b(name|policyName): operarius-approval$/gm, `$1: ${namespace}`);
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

function groupOf(namespace: string): string {
  return `${namespace}.example.com`;
}

const COLLECTIONS: Readonly<Record<string, string>> = {
  CustomResourceDefinition: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  ValidatingAdmissionPolicy: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
};

/** A ServiceAccount that may do everything with the records; its token. */
async function account({ http, kube, namespace }: Bench, name: string): Promise<string> {
  await kube.create(serviceAccounts, { metadata: { name, namespace } });
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const resources = ["remediations", "remediations/status"];
  const role = { metadata: { name }, rules: [{ apiGroups: [groupOf(namespace)], resources, verbs: ["*"] }] };
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
  const binding = { metadata: { name }, roleRef, subjects: [{ kind: "ServiceAccount", name, namespace }] };
  expect((await http({ method: "POST", path: `${rbac}/roles`, body: role })).code).toBe(201);
  expect((await http({ method: "POST", path: `${rbac}/rolebindings`, body: binding })).code).toBe(201);
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  return (await kube.post<{ status: { token: string } }>(path, body)).status.token;
}

async function judge(bench: Bench): Promise<void> {
  const { http, namespace } = bench;
  const path = `/apis/${groupOf(namespace)}/v1alpha1/namespaces/${namespace}/remediations`;
  const { spec } = await awaitingRemediation(createMemoryKube());
  const record = { apiVersion: `${groupOf(namespace)}/v1alpha1`, kind: "Remediation", metadata: { name: "one" }, spec };
  const [server, person] = [await account(bench, "operarius"), await account(bench, "person")];
  const me = `system:serviceaccount:${namespace}:person`;
  await bench.until("the server may create a record", async () => {
    const { code } = await http({ method: "POST", path, body: record, token: server });
    return code === 201 || code === 409;
  });
  const patch = (token: string, body: object, part = ""): Promise<HttpAnswer<Status>> =>
    http<Status>({
      method: "PATCH",
      path: `${path}/one${part}`,
      body,
      token,
      contentType: "application/merge-patch+json",
    });
  const approval = (by?: string, planDigest = "abc") => ({
    spec: { approval: { decision: "approve", planDigest, by } },
  });
  await bench.until("the policy holds and the person's rights are known", async () => {
    const { code, body } = await patch(person, { metadata: { labels: { probe: "x" } } });
    return code === 403 && body.message?.includes("only spec.approval") === true;
  });
  const answers: [string, HttpAnswer<Status>, RegExp | 200][] = [
    ["another's name", await patch(person, approval("root")), /spec\.approval\.by must be your own name, system:serv/],
    ["no name", await patch(person, approval()), /must be your own name/],
    ["one's own name", await patch(person, approval(me)), 200],
    ["the server for somebody", await patch(server, approval("ann")), 200],
    ["over another's approval, keeping the name", await patch(person, approval("ann", "xyz")), /your own name/],
    ["withdrawing it", await patch(person, { spec: { approval: null } }), /your own name/],
    ["the target", await patch(person, { spec: { target: { name: "other" } } }), /only spec\.approval/],
    ["a field more", await patch(person, { spec: { openedAfter: "x" } }), /only spec\.approval/],
    ["an annotation", await patch(person, { metadata: { annotations: { note: "x" } } }), 200],
    [
      "the status",
      await patch(person, { status: { planDigest: "xyz" } }, "/status"),
      /only the server writes the status/,
    ],
    ["the status, by the server", await patch(server, { status: { planDigest: "abc" } }, "/status"), 200],
    ["anything, by the server", await patch(server, { spec: { openedAfter: "x" } }), 200],
  ];
  const create = (by: string) =>
    http<Status>({
      method: "POST",
      path,
      token: person,
      body: { ...record, metadata: { name: "two" }, spec: { ...spec, ...approval(by).spec } },
    });
  answers.push(["a new one, approved by another", await create("root"), /your own name/]);
  for (const [what, { code, body }, want] of answers) {
    if (want === 200) expect([what, code, body.message]).toEqual([what, 200, undefined]);
    else expect([what, code, body.message]).toEqual([what, 403, expect.stringMatching(want)]);
  }
}

export const approvalPolicyCases: readonly Case[] = [
  {
    name: "the shipped admission policy holds who approved a plan",
    async run(bench) {
      const made: string[] = [];
      try {
        const files = ["crds/remediations.openfero.io.yaml", "approval/policy.yaml"];
        for (const manifest of files.flatMap((file) => shipped(file, bench))) {
          const path = COLLECTIONS[manifest.kind] ?? "";
          const { code, body } = await bench.http<Status>({ method: "POST", path, body: manifest });
          expect([manifest.kind, code, body.message]).toEqual([manifest.kind, 201, undefined]);
          made.push(`${path}/${manifest.metadata.name}`);
        }
        await judge(bench);
      } finally {
        for (const path of made.toReversed()) await bench.http({ method: "DELETE", path });
      }
    },
  },
];
