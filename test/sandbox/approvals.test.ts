/** Answers to plans, over HTTP and from the command line, on a server with its shipped rights. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { install } from "../../sandbox/bootstrap/install.ts";
import { readManifests } from "../../sandbox/bootstrap/objects.ts";
import { remediations } from "../../src/operarius/remediation.ts";
import { withCluster } from "../scenarios/play.ts";
import { tokenOf } from "../support/account.ts";
import { awaitingRemediation } from "../support/control-fixture.ts";
import { createMemoryKube } from "../support/memory-kube.ts";
import { operariusFolder } from "../support/operarius-folder.ts";
import { runProgram } from "../support/program.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import type { Server } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import { until } from "../support/until.ts";

const namespace = "openfero";
const programEntry = inject("programEntry");
const playground = withCluster(() => startSandboxCluster({ programEntry, manifests: ["rbac.yaml"] }));
let server: Server | undefined;

const rbac = "rbac.authorization.k8s.io";
const roles = { approver: ["get", "list", "patch"], reader: ["get", "list"] };

/** ann may answer, bob may only read. */
const people: object[] = [
  ...Object.entries(roles).map(([name, verbs]) => ({
    apiVersion: `${rbac}/v1`,
    kind: "Role",
    metadata: { name, namespace },
    rules: [{ apiGroups: ["openfero.io"], resources: ["remediations"], verbs }],
  })),
  ...Object.entries({ ann: "approver", bob: "reader" }).flatMap(([name, role]) => [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name, namespace },
      roleRef: { apiGroup: rbac, kind: "Role", name: role },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ]),
];
const userOf = (name: string): string => `system:serviceaccount:${namespace}:${name}`;

beforeAll(async () => {
  const cluster = playground.cluster();
  await install(cluster.person, readManifests(join(operariusFolder, "../../../kustomize/rbac.yaml")));
  await install(cluster.person, people as Parameters<typeof install>[1]);
  // Before there is a server, which would begin with them.
  for (const name of ["by-http", "by-hand"]) {
    const { status } = await awaitingRemediation(cluster.person, {}, undefined, name);
    expect(status).toBeUndefined();
    const body = { status: (await awaitingRemediation(createMemoryKube())).status };
    await cluster.person.patchStatus(remediations, { namespace, name }, { type: "merge", body });
  }
  const { kubeconfig } = await cluster.account(namespace, "operarius");
  server = await startServe({ entry: programEntry, kubeconfig, home: cluster.scratch() });
});

afterAll(async () => {
  if (server !== undefined) expect(await server.stop()).toBe(0);
});

const recordOf = (name: string) => playground.cluster().person.get(remediations, { namespace, name });

async function call(
  path: string,
  who?: string,
  body?: object,
): Promise<{ code: number; body: Record<string, unknown> }> {
  const token = who === undefined ? "nobody" : await tokenOf(playground.cluster().person, { namespace, name: who });
  const answer = await fetch(`${server?.url}/api/remediations${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
  return { code: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe("an answer over HTTP", () => {
  it("is kept from those who are unknown, or have no right to it", async () => {
    expect((await call("")).code).toBe(401);
    expect((await call("", "bob")).body.items).toHaveLength(2);
    const denied = await call("/by-http/approval", "bob", { decision: "deny" });
    expect([denied.code, denied.body.error]).toEqual([403, expect.stringContaining(`${userOf("bob")} lacks a right`)]);
    const other = await call("/by-http/approval", "ann", { decision: "approve", planDigest: "xyz" });
    expect([other.code, other.body.planDigest]).toEqual([409, "abc"]);
    expect((await recordOf("by-http")).spec.approval).toBeUndefined();
  });

  it("is written in the name of who gave it, and ends the record", async () => {
    const given = await call("/by-http/approval", "ann", { decision: "deny", reason: "not today" });
    expect(given.code).toBe(200);
    await until("the record to end", async () => (await recordOf("by-http")).status?.phase === "Declined");
    const { spec, status } = await recordOf("by-http");
    expect(spec.approval).toEqual({ decision: "deny", planDigest: "abc", by: userOf("ann"), reason: "not today" });
    expect(status?.message).toContain(`denied by ${userOf("ann")}: not today`);
    expect((await call("/by-http/approval", "ann", { decision: "deny" })).code).toBe(409);
  });
});

describe("an answer from the command line", () => {
  it("is written with the person's own rights, in the person's name", async () => {
    const cluster = playground.cluster();
    const run = async (who: string) => {
      const { kubeconfig } = await cluster.account(namespace, who);
      const args = ["approve", "by-hand", "--plan", "abc", "--kubeconfig", kubeconfig];
      return runProgram({ entry: programEntry, args, env: { HOME: cluster.scratch() } });
    };
    const refused = await run("bob");
    expect([refused.code, (await recordOf("by-hand")).spec.approval]).toEqual([2, undefined]);
    const { code, stdout } = await run("ann");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/Approved plan abc as system:serviceaccount:openfero:ann\.\n$/),
    ]);
    expect((await recordOf("by-hand")).spec.approval).toEqual({
      decision: "approve",
      planDigest: "abc",
      by: userOf("ann"),
    });
  });
});
