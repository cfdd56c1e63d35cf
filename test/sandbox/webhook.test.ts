/** Bodies that are wrong or vile, to a server with its shipped rights: the right code, and no write but a legal record. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Job } from "kubernetes-types/batch/v1";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { install } from "../../sandbox/bootstrap/install.ts";
import { readManifests } from "../../sandbox/bootstrap/objects.ts";
import { jobs } from "../../src/kube/resources.ts";
import type { Live } from "../../src/kube/types.ts";
import { remediations } from "../../src/operarius/remediation.ts";
import { alertLabels } from "../scenarios/decoys.ts";
import { withCluster } from "../scenarios/play.ts";
import type { AuditEvent } from "../support/audit.ts";
import { requestsBy, writesBy } from "../support/audit.ts";
import { healerUser } from "../support/cluster.ts";
import { operariusFolder } from "../support/operarius-folder.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import type { Server } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import { until } from "../support/until.ts";

const programEntry = inject("programEntry");
const playground = withCluster(() => startSandboxCluster({ programEntry, manifests: ["rbac.yaml", "operarius.yaml"] }));
const account = { namespace: "openfero", name: "operarius" };
const serverUser = `system:serviceaccount:${account.namespace}:${account.name}`;
let server: Server | undefined;

beforeAll(async () => {
  const cluster = playground.cluster();
  await install(cluster.person, readManifests(join(operariusFolder, "../../../kustomize/rbac.yaml")));
  const { kubeconfig } = await cluster.account(account.namespace, account.name);
  server = await startServe({ entry: programEntry, kubeconfig, home: cluster.scratch() });
});

afterAll(async () => {
  if (server !== undefined) expect(await server.stop()).toBe(0);
});

async function post(body: string): Promise<{ code: number; text: string }> {
  if (server === undefined) throw new Error("the server did not start");
  return server.post(body);
}

/** The shipped test alert about another DaemonSet, with more labels. */
function alertAbout(daemonset: string, labels: Readonly<Record<string, string>> = {}): string {
  const body = JSON.parse(readFileSync(join(operariusFolder, "test-alert.json"), "utf8")) as {
    alerts: { labels: Record<string, string> }[];
    commonLabels: Record<string, string>;
  };
  body.commonLabels = {};
  const [first] = body.alerts;
  if (first !== undefined) first.labels = { ...alertLabels({ namespace: "kube-system", name: daemonset }), ...labels };
  return JSON.stringify(body);
}

/** The Jobs for a DaemonSet, told by the variable that their program reads. */
async function jobsFor(daemonset: string): Promise<Live<Job>[]> {
  const { items } = await playground.cluster().person.list(jobs, { namespace: "openfero" });
  return items.filter(({ spec }) =>
    spec?.template.spec?.containers[0]?.env?.some(
      ({ name, value }) => name === "OPENFERO_DAEMONSET" && value === daemonset,
    ),
  );
}

/** What the server has created or changed, as "verb resource". */
async function serverWrites(): Promise<AuditEvent[]> {
  return requestsBy(serverUser, await playground.cluster().audit()).filter(
    ({ verb, objectRef, responseStatus }) =>
      !["get", "list", "watch"].includes(verb) &&
      // Its election goes on all the time.
      objectRef?.name !== "operarius-server" &&
      (responseStatus?.code ?? 500) < 300,
  );
}

describe("POST /alerts", () => {
  const refused: { name: string; body: () => string; code: number; says: RegExp }[] = [
    { name: "no JSON", body: () => "{", code: 400, says: /JSON/i },
    { name: "an empty body", body: () => "", code: 400, says: /\S/ },
    { name: "a list", body: () => "[]", code: 400, says: /\S/ },
    { name: "a string", body: () => '"firing"', code: 400, says: /\S/ },
    { name: "alerts that are no list", body: () => '{"version":"4","alerts":7}', code: 400, says: /alerts/ },
    {
      name: "5 MB",
      body: () => `{"version":"4","pad":"${"x".repeat(5_000_000)}","alerts":[]}`,
      code: 413,
      says: /bytes/,
    },
  ];
  it.each(refused)("$name: $code", async ({ body, code, says }) => {
    const records = async () =>
      (await serverWrites()).filter(({ objectRef }) => objectRef?.resource === "remediations");
    const before = (await records()).length;
    const answer = await post(body());
    expect(answer.code, answer.text).toBe(code);
    expect(answer.text).toMatch(says);
    // The election goes on, and Operarii are checked when they are applied: no answers to a body.
    expect((await records()).length).toBe(before);
  });

  const vile: Readonly<Record<string, string>> = {
    template: "{{ .Alert.Labels.namespace }}{{",
    expansion: "$(KUBERNETES_SERVICE_HOST)$(",
    quotes: `"'\`$(id);rm -rf /`,
    newlines: "one\ntwo\r\nthree",
    long: "x".repeat(300),
    unicode: "ü€𝄞",
  };

  it("label values are data: one legal Job whose variables hold them literally", async () => {
    const answer = await post(alertAbout("nothing-here", vile));
    expect(answer.code, answer.text).toBe(200);
    const { person } = playground.cluster();
    const job = await until("its Job to end", async () =>
      (await jobsFor("nothing-here")).find(({ status }) =>
        status?.conditions?.some(({ type }) => type === "Failed" || type === "Complete"),
      ),
    );
    const env = new Map(job.spec?.template.spec?.containers[0]?.env?.map(({ name, value }) => [name, value]));
    expect(env.get("OPENFERO_TEMPLATE")).toBe(vile.template);
    expect(env.get("OPENFERO_EXPANSION")).toBe("$$(KUBERNETES_SERVICE_HOST)$$(");
    expect(env.get("OPENFERO_QUOTES")).toBe(vile.quotes?.replaceAll("$(", "$$$$("));
    expect(env.get("OPENFERO_NEWLINES")).toBe(vile.newlines);
    expect(env.get("OPENFERO_LONG")).toBe(vile.long);
    expect(env.get("OPENFERO_DAEMONSET")).toBe("nothing-here");
    expect(Object.values(job.metadata.labels ?? {}).every((value) => value.length <= 63)).toBe(true);
    const { items } = await person.list(remediations, { namespace: "openfero" });
    expect(items).toHaveLength(1);
  });

  it("twenty deliveries at once: one record, one Job", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(alertAbout("delivered-often"))));
    expect(answers.map(({ code }) => code)).toEqual(Array(20).fill(200));
    const own = async () => {
      const { items } = await playground.cluster().person.list(remediations, { namespace: "openfero" });
      return items.filter(({ spec }) => spec.target.name === "delivered-often");
    };
    await until("its record to be worked off", async () => (await own())[0]?.status?.attempts?.length === 1);
    expect(await own()).toHaveLength(1);
    expect(await jobsFor("delivered-often")).toHaveLength(1);
  });

  // Many targets at once are a storm, which holds them: after what is to be seen running.
  it.each(["{{ .Alert.Labels.namespace }}", "$(HOME)", "a\nb", `"quoted"`, "x".repeat(300)])(
    "a DaemonSet with a name that none can have is recorded at most (%#)",
    async (name) => {
      const answer = await post(alertAbout(name));
      expect(answer.code, answer.text).toBe(200);
    },
  );

  it("the server wrote its own records, Jobs and events only, and the Jobs wrote nothing", async () => {
    const kinds = new Set((await serverWrites()).map(({ objectRef }) => objectRef?.resource));
    expect(
      [...kinds].filter((kind) => !["remediations", "operariuses", "jobs", "events", "leases"].includes(kind ?? "")),
    ).toEqual([]);
    expect(writesBy(healerUser, await playground.cluster().audit())).toEqual([]);
  });
});
