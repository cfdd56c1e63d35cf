import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { LEADER_LEASE } from "../control/leadership.ts";

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
  subjects?: { kind: string; name: string; namespace: string }[];
}

const file = join(import.meta.dirname, "..", "..", "deploy", "kustomize", "rbac.yaml");
const manifests = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Manifest);
const rulesOf = (kind: string) => manifests.filter((each) => each.kind === kind).flatMap(({ rules }) => rules ?? []);
const all = [...rulesOf("Role"), ...rulesOf("ClusterRole")];
const READ = ["get", "list", "watch"];

/** What the rules let write, as verb and resource.group; a rule for certain names says them. */
function writesOf(rules: Rule[]): string[] {
  const writes = rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
    verbs
      .filter((verb) => !READ.includes(verb))
      .flatMap((verb) =>
        apiGroups.flatMap((group) =>
          resources.map((resource) => `${verb} ${resource}.${group}${resourceNames ? `/${resourceNames.join()}` : ""}`),
        ),
      ),
  );
  return writes.toSorted((a, b) => (a < b ? -1 : 1));
}

describe("the server's rights", () => {
  it("outside its namespace are reads, and questions about people that store nothing", () => {
    expect(rulesOf("ClusterRole").length).toBeGreaterThan(0);
    expect(writesOf(rulesOf("ClusterRole"))).toEqual([
      "create subjectaccessreviews.authorization.k8s.io",
      "create tokenreviews.authentication.k8s.io",
    ]);
  });

  it("let it write its records, their status, Jobs, Events and its own Lease, in its namespace", () => {
    expect(manifests.filter(({ kind }) => kind === "Role").map(({ metadata }) => metadata.namespace)).toEqual([
      "openfero",
    ]);
    expect(writesOf(rulesOf("Role"))).toEqual([
      "create events.",
      "create jobs.batch",
      "create leases.coordination.k8s.io",
      "create remediations.openfero.io",
      "delete jobs.batch",
      "delete remediations.openfero.io",
      "patch jobs.batch",
      "patch operariuses/status.openfero.io",
      "patch remediations.openfero.io",
      "patch remediations/status.openfero.io",
      `update leases.coordination.k8s.io/${LEADER_LEASE}`,
    ]);
  });

  const WORKLOADS = [
    "apps *",
    " pods",
    " replicationcontrollers",
    " nodes",
    " namespaces",
    " services",
    " configmaps",
    " secrets",
    " serviceaccounts",
    " persistentvolumeclaims",
    "batch cronjobs",
    "policy *",
    "rbac.authorization.k8s.io *",
    "openfero.io operariuses",
    "openfero.io receipts",
  ];
  it.each(WORKLOADS)("hold no write on %j, nor on a part of it", (kind) => {
    const [group, plural] = kind.split(" ");
    const matching = all.filter(
      ({ apiGroups, resources }) =>
        apiGroups.includes(group ?? "") &&
        resources.some((name) => plural === "*" || name === plural || name.startsWith(`${plural}/`)),
    );
    const allowed = plural === "operariuses" ? ["patch operariuses/status.openfero.io"] : [];
    expect(writesOf(matching)).toEqual(allowed);
  });

  it("hold no Secret, no wildcard, no token and no other identity, and belong to the server alone", () => {
    for (const { apiGroups, resources, verbs } of all) {
      expect(resources.filter((name) => /^(secrets|serviceaccounts|pods\/)/.test(name))).toEqual([]);
      expect(verbs.filter((verb) => ["impersonate", "bind", "escalate", "deletecollection"].includes(verb))).toEqual(
        [],
      );
      expect([...apiGroups, ...resources, ...verbs].join()).not.toContain("*");
    }
    const subjects = manifests.flatMap((manifest) => manifest.subjects ?? []);
    expect(subjects).toHaveLength(2);
    expect(new Set(subjects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`))).toEqual(
      new Set(["ServiceAccount openfero/operarius"]),
    );
  });
});
