/** Every folder of deploy/operarii: complete, readable by our own code, and with no more rights than it says. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Job } from "kubernetes-types/batch/v1";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { normalise } from "../../src/intake/normalise.ts";
import { match } from "../../src/operarius/match.ts";
import type { Operarius } from "../../src/operarius/operarius.ts";
import { readOperarius } from "../../src/operarius/operarius.ts";
import { renderJob } from "../../src/operarius/render-job.ts";
import { targetOf } from "../../src/operarius/target.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "deploy", "operarii", "kube-prometheus-stack");
const folders = readdirSync(root);

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}
interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: Rule[];
  spec?: unknown;
}

function read(folder: string, file: string): string {
  return readFileSync(join(root, folder, file), "utf8");
}

function manifests(folder: string, file: string): Manifest[] {
  return parseAllDocuments(read(folder, file)).map((document) => document.toJS() as Manifest);
}

/** "clusterrole apps/daemonsets patch", one line per right: easy to compare and to read in a failure. */
function rights(folder: string, file: string): string[] {
  return manifests(folder, file)
    .flatMap(({ kind, metadata, rules = [] }) =>
      rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            verbs.map((verb) => {
              const where = kind === "ClusterRole" ? "cluster" : metadata.namespace;
              const what = [group, resource].filter(Boolean).join("/");
              return [where, what, ...(resourceNames ?? []), verb].join(" ");
            }),
          ),
        ),
      ),
    )
    .sort();
}

function operariusOf(folder: string): Operarius {
  const [manifest] = manifests(folder, "operarius.yaml");
  const result = readOperarius({ ...manifest, spec: manifest?.spec });
  if (result.kind === "invalid") throw new Error(result.message);
  return result.operarius;
}

function renderedJob(folder: string): Job {
  const delivery = normalise(read(folder, "test-alert.json"));
  if (delivery.kind !== "ok") throw new Error(delivery.reason);
  const [alert] = delivery.delivery.alerts;
  if (alert === undefined) throw new Error("test-alert.json holds no alert");
  const result = renderJob({
    operarius: operariusOf(folder),
    alert,
    hook: delivery.delivery.hook,
    jobName: "a-job",
    remediation: { name: "a-record", uid: "1" },
    attempt: 1,
    createdAt: "2026-01-01T12:00:00Z",
    installationNamespace: "openfero",
    pace: "normal",
  });
  if (result.kind === "invalid") throw new Error(result.problems.map(({ message }) => message).join("; "));
  return result.job;
}

describe.each(folders)("%s", (folder) => {
  it("has everything its runbook needs", () => {
    for (const file of ["README.md", "rbac.yaml", "operarius.yaml", "test-alert.json", "kustomization.yaml"]) {
      expect(existsSync(join(root, folder, file)), file).toBe(true);
    }
  });

  it("mentions in its runbook only files that exist", () => {
    const mentioned = read(folder, "README.md").matchAll(/(?:-f |-d @)([\w./-]+\.(?:yaml|json))/g);
    const files = [...new Set([...mentioned].map(([, file]) => file ?? ""))];
    expect(files).not.toEqual([]);
    expect(files.filter((file) => !existsSync(join(root, folder, file)))).toEqual([]);
  });

  it("is answered by its own test alert", () => {
    const delivery = normalise(read(folder, "test-alert.json"));
    if (delivery.kind !== "ok") throw new Error(delivery.reason);
    const operarius = operariusOf(folder);
    for (const alert of delivery.delivery.alerts) expect(match(alert, [operarius])).toBe(operarius);
    expect(delivery.delivery.rejected).toEqual([]);
  });

  it("starts a Job that ends by itself and may do nothing on its node", () => {
    const spec = renderedJob(folder).spec;
    expect(spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 300, ttlSecondsAfterFinished: 600 });
    const pod = spec?.template.spec;
    expect(pod).toMatchObject({ restartPolicy: "Never", securityContext: { runAsNonRoot: true, runAsUser: 65_532 } });
    expect(pod?.securityContext?.seccompProfile).toEqual({ type: "RuntimeDefault" });
    for (const container of pod?.containers ?? []) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(Object.keys(container.resources?.requests ?? {}).sort()).toEqual(["cpu", "memory"]);
      expect(container.resources?.limits?.memory).toBeDefined();
    }
  });

  it("creates the namespace first, and uses only ServiceAccounts it ships", () => {
    for (const file of readdirSync(join(root, folder)).filter((name) => name.startsWith("rbac"))) {
      const [first, ...rest] = manifests(folder, file);
      expect(first?.kind, file).toBe("Namespace");
      const accounts = rest.filter(({ kind }) => kind === "ServiceAccount").map(({ metadata }) => metadata.name);
      expect(accounts).toContain(renderedJob(folder).spec?.template.spec?.serviceAccountName);
    }
  });

  it("has no right on Secrets, none by wildcard, and writes no node", () => {
    for (const file of readdirSync(join(root, folder)).filter((name) => name.startsWith("rbac"))) {
      const all = rights(folder, file);
      expect(all.filter((right) => /secret|\*/.test(right))).toEqual([]);
      expect(all.filter((right) => / nodes (?!get|list|watch)/.test(right))).toEqual([]);
    }
  });
});

describe("KubeDaemonSetRolloutStuck", () => {
  const folder = "KubeDaemonSetRolloutStuck";

  it("has exactly the rights that SECURITY.md lists", () => {
    expect(rights(folder, "rbac.yaml")).toEqual([
      "cluster apps/controllerrevisions get",
      "cluster apps/controllerrevisions list",
      "cluster apps/controllerrevisions watch",
      "cluster apps/daemonsets get",
      "cluster apps/daemonsets list",
      "cluster apps/daemonsets patch",
      "cluster apps/daemonsets watch",
      "cluster events create",
      "cluster events list",
      "cluster events patch",
      "cluster namespaces get",
      "cluster nodes get",
      "cluster nodes list",
      "cluster nodes watch",
      "cluster pods delete",
      "cluster pods get",
      "cluster pods list",
      "cluster pods watch",
      "openfero configmaps operarius-pause get",
      "openfero coordination.k8s.io/leases create",
      "openfero coordination.k8s.io/leases get",
      "openfero coordination.k8s.io/leases list",
      "openfero coordination.k8s.io/leases patch",
      "openfero coordination.k8s.io/leases update",
      "openfero openfero.io/receipts create",
      "openfero openfero.io/receipts get",
      "openfero openfero.io/receipts update",
    ]);
  });

  it("loses nothing but the template writes in the variant without them", () => {
    const without = rights(folder, "rbac-no-template-writes.yaml");
    expect(rights(folder, "rbac.yaml").filter((right) => !without.includes(right))).toEqual([
      "cluster apps/daemonsets patch",
    ]);
    expect(without.filter((right) => !rights(folder, "rbac.yaml").includes(right))).toEqual([]);
  });

  it("reads nothing but nodes from the whole cluster, and changes no template, in the namespaced variant", () => {
    const namespaced = rights(folder, "rbac-namespaced.yaml");
    expect(namespaced.filter((right) => right.startsWith("cluster "))).toEqual([
      "cluster nodes get",
      "cluster nodes list",
      "cluster nodes watch",
    ]);
    // Every right of it is one of rbac.yaml, in a smaller place.
    const inCluster = namespaced.map((right) => right.replace(/^kube-system /, "cluster "));
    expect(inCluster.filter((right) => !rights(folder, "rbac.yaml").includes(right))).toEqual([]);
    expect(namespaced.filter((right) => / (patch|update)$/.test(right) && right.includes("daemonsets"))).toEqual([]);
  });

  it("targets the DaemonSet of the runbook, not kube-state-metrics, which the alert's labels describe", () => {
    const delivery = normalise(read(folder, "test-alert.json"));
    if (delivery.kind !== "ok") throw new Error(delivery.reason);
    expect(delivery.delivery.alerts.map((alert) => targetOf(alert, { clusterName: "" }))).toEqual([
      {
        kind: "target",
        target: { cluster: "test-cluster", kind: "DaemonSet", namespace: "kube-system", name: "test-daemonset" },
      },
    ]);
    const environment = renderedJob(folder).spec?.template.spec?.containers[0]?.env ?? [];
    const value = (name: string) => environment.find((variable) => variable.name === name)?.value;
    expect(["NAMESPACE", "DAEMONSET", "SEVERITY", "CLUSTER"].map((name) => value(`OPENFERO_${name}`))).toEqual([
      "kube-system",
      "test-daemonset",
      "warning",
      "test-cluster",
    ]);
  });

  it("keeps the strategy of the runbook's letter one commented line away", () => {
    expect(read(folder, "operarius.yaml").match(/^\s*# - --strategy=restart$/gm)).toHaveLength(1);
  });
});
