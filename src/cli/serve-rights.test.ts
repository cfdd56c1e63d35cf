import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}
interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: Rule[];
}

const file = join(import.meta.dirname, "..", "..", "deploy", "kustomize", "rbac.yaml");
const manifests = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Manifest);
const rulesOf = (kind: string) => manifests.filter((each) => each.kind === kind).flatMap(({ rules }) => rules ?? []);
const READ = ["get", "list", "watch"];

describe("the server's rights", () => {
  it("outside its namespace are reads only", () => {
    const rules = rulesOf("ClusterRole");
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) expect(rule.verbs.filter((verb) => !READ.includes(verb))).toEqual([]);
  });

  it("let it write its records, their status, Jobs and Events, and no workload anywhere", () => {
    const written = [...rulesOf("Role"), ...rulesOf("ClusterRole")]
      .filter(({ verbs }) => verbs.some((verb) => !READ.includes(verb)))
      .flatMap(({ apiGroups, resources }) => resources.map((resource) => `${resource}.${apiGroups.join()}`));
    expect(written.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "events.",
      "jobs.batch",
      "operariuses/status.openfero.io",
      "remediations.openfero.io",
      "remediations/status.openfero.io",
    ]);
  });

  it("hold no Secret and no wildcard", () => {
    for (const { apiGroups, resources, verbs } of [...rulesOf("Role"), ...rulesOf("ClusterRole")]) {
      expect(resources).not.toContain("secrets");
      expect([...apiGroups, ...resources, ...verbs]).not.toContain("*");
    }
  });
});
