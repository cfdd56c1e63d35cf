/** deploy/approval/policy.yaml, its CEL evaluated: who may change what of a Remediation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Environment } from "@marcbachmann/cel-js";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { root } from "../support/source-files.ts";

interface Policy {
  kind: string;
  metadata: { name: string };
  spec: {
    failurePolicy: string;
    matchConstraints: { resourceRules: { operations: string[]; resources: string[] }[] };
    variables: { name: string; expression: string }[];
    validations: { expression: string; message?: string; messageExpression?: string }[];
    policyName?: string;
  };
}

const file = join(root, "deploy", "approval", "policy.yaml");
const documents = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Policy);
const [policy, binding] = documents;
if (policy === undefined || binding === undefined) throw new Error("a policy and its binding");

interface Review {
  user: string;
  operation?: "CREATE" | "UPDATE";
  subResource?: string;
  object: Record<string, unknown>;
  oldObject?: Record<string, unknown>;
}

/** The number of the first rule that refuses, from 1; 0 = admitted. An error refuses too: failurePolicy is Fail. */
function refusedBy({ user, operation = "UPDATE", subResource, object, oldObject }: Review): number {
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  const request = { operation, userInfo: { username: user }, ...(subResource === undefined ? {} : { subResource }) };
  const variables: Record<string, unknown> = {};
  const context = { request, object, oldObject: oldObject ?? null, variables };
  for (const { name, expression } of policy?.spec.variables ?? []) {
    variables[name] = environment.evaluate(expression, context);
  }
  const at = policy?.spec.validations.findIndex(({ expression }) => environment.evaluate(expression, context) !== true);
  return (at ?? 0) + 1;
}

const SERVER = "system:serviceaccount:openfero:operarius";
const spec = { target: { kind: "DaemonSet", name: "agent" }, sequence: 1n, alert: { labels: { a: "b" } } };
const labels = { "operarius.openfero.io/target-hash": "abc" };
const record = (more: object = {}, metadata: object = { labels }) => ({ metadata, spec: { ...spec, ...more } });
const approval = (by?: string, planDigest = "abc") => ({
  approval: { decision: "approve", planDigest, ...(by === undefined ? {} : { by }) },
});

describe("the approval policy", () => {
  const before = record();
  it.each<[string, Review, number]>([
    ["a person in their own name", { user: "ann", oldObject: before, object: record(approval("ann")) }, 0],
    ["a person in another's name", { user: "bob", oldObject: before, object: record(approval("ann")) }, 1],
    ["a person in no name", { user: "bob", oldObject: before, object: record(approval()) }, 1],
    ["the server in a person's name", { user: SERVER, oldObject: before, object: record(approval("ann")) }, 0],
    [
      "another account that is called like the server",
      { user: "system:serviceaccount:other:operarius", oldObject: before, object: record(approval("ann")) },
      1,
    ],
    [
      "changing another's approval, keeping the name",
      { user: "bob", oldObject: record(approval("ann")), object: record(approval("ann", "other")) },
      1,
    ],
    [
      "replacing another's approval by one's own",
      { user: "bob", oldObject: record(approval("ann")), object: record(approval("bob", "other")) },
      0,
    ],
    ["withdrawing another's approval", { user: "bob", oldObject: record(approval("ann")), object: before }, 1],
    [
      "something else beside another's approval",
      { user: "bob", oldObject: record(approval("ann")), object: record(approval("ann"), { labels, annotations: {} }) },
      0,
    ],
    ["another target", { user: "ann", oldObject: before, object: record({ target: { name: "other" } }) }, 2],
    ["a field more", { user: "ann", oldObject: before, object: record({ openedAfter: "x" }) }, 2],
    ["a field less", { user: "ann", oldObject: record({ openedAfter: "x" }), object: before }, 2],
    ["the label that finds it", { user: "ann", oldObject: before, object: record({}, { labels: {} }) }, 2],
    ["no labels at all", { user: "ann", oldObject: before, object: record({}, {}) }, 2],
    ["the server changing anything", { user: SERVER, oldObject: before, object: record({ sequence: 2n }, {}) }, 0],
    ["a person changing nothing", { user: "ann", oldObject: before, object: before }, 0],
    ["a person writing the status", { user: "ann", subResource: "status", oldObject: before, object: before }, 3],
    ["the server writing the status", { user: SERVER, subResource: "status", oldObject: before, object: before }, 0],
    ["a new record", { user: "ann", operation: "CREATE", object: before }, 0],
    ["a new record, approved", { user: "ann", operation: "CREATE", object: record(approval("bob")) }, 1],
    ["a new record of the server", { user: SERVER, operation: "CREATE", object: before }, 0],
  ])("%s", (_, review, want) => expect(refusedBy(review)).toBe(want));

  it("covers records and their status, refuses what it cannot judge, and is bound", () => {
    expect(policy.spec.failurePolicy).toBe("Fail");
    const [rule] = policy.spec.matchConstraints.resourceRules;
    expect(rule?.operations).toEqual(["CREATE", "UPDATE"]);
    expect(rule?.resources).toEqual(["remediations", "remediations/status"]);
    expect(binding.spec).toMatchObject({ policyName: policy.metadata.name, validationActions: ["Deny"] });
    for (const { message, messageExpression } of policy.spec.validations)
      expect(message ?? messageExpression).toBeTruthy();
  });
});
