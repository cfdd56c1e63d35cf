import { describe, expect, it } from "vitest";
import { anAlert, anOperarius, stuckLabels } from "../../test/support/control-fixture.ts";
import { match } from "./match.ts";
import type { OperariusObject } from "./operarius.ts";
import { readOperarius } from "./operarius.ts";

type Spec = Partial<OperariusObject["spec"]>;
const selector = (labels?: Record<string, string>, status: "firing" | "resolved" = "firing") => ({
  alertSelector: { alertname: "KubeDaemonSetRolloutStuck", status, ...(labels === undefined ? {} : { labels }) },
});

function rules(specs: Record<string, Spec>) {
  return Object.entries(specs).map(([name, spec]) => {
    const read = readOperarius(anOperarius(spec, name));
    if (read.kind === "invalid") throw new Error(read.message);
    return read.operarius;
  });
}

const cases: {
  name: string;
  specs: Record<string, Spec>;
  alert?: Parameters<typeof anAlert>[0];
  want: string | undefined;
}[] = [
  { name: "by name", specs: { a: {} }, want: "a" },
  { name: "an unknown name: none", specs: { a: {} }, alert: { labels: { alertname: "Other" } }, want: undefined },
  { name: "no name: none", specs: { a: {} }, alert: { labels: {} }, want: undefined },
  {
    name: "the highest priority",
    specs: { a: { priority: 10 }, b: { priority: 100 }, c: { priority: 50 } },
    want: "b",
  },
  { name: "a tie by name", specs: { b: { priority: 5 }, a: { priority: 5 } }, want: "a" },
  { name: "disabled ones never win", specs: { a: { priority: 9, enabled: false }, b: {} }, want: "b" },
  { name: "absent enabled is enabled", specs: { a: {} }, want: "a" },
  { name: "all labels equal", specs: { a: selector({ severity: "warning", cluster: "test-cluster" }) }, want: "a" },
  { name: "a different label: none", specs: { a: selector({ severity: "critical" }) }, want: undefined },
  { name: "a missing label: none", specs: { a: selector({ team: "x" }) }, want: undefined },
  {
    name: "the name of an inherited member is no label",
    specs: { a: selector({ constructor: "x" }) },
    want: undefined,
  },
  {
    name: "a specific one beats a generic one by priority",
    specs: { a: {}, b: { ...selector({ severity: "warning" }), priority: 1 } },
    want: "b",
  },
  {
    name: "a partial match falls back",
    specs: { a: {}, b: { ...selector({ severity: "warning", team: "x" }), priority: 1 } },
    want: "a",
  },
  { name: "another status: none", specs: { a: selector(undefined, "resolved") }, want: undefined },
  {
    name: "a resolved Operarius",
    specs: { a: {}, b: selector(undefined, "resolved") },
    alert: { status: "resolved" },
    want: "b",
  },
];

describe("match", () => {
  it.each(cases)("$name", ({ specs, alert, want }) => {
    expect(match(anAlert({ labels: stuckLabels(), ...alert }), rules(specs))?.metadata.name).toBe(want);
  });
});

describe("readOperarius", () => {
  it.each([
    [
      "no containers",
      { jobTemplate: { spec: { template: { spec: { containers: [] } } } } },
      "spec.jobTemplate.spec.template.spec.containers",
    ],
    [
      "a status that does not exist",
      { alertSelector: { alertname: "A", status: "pending" } },
      "spec.alertSelector.status",
    ],
    ["an empty alert name", { alertSelector: { alertname: "", status: "firing" } }, "spec.alertSelector.alertname"],
    ["a text as priority", { priority: "high" }, "spec.priority"],
  ])("names the field at fault: %s", (_, spec, field) => {
    const read = readOperarius({ ...anOperarius(), spec: { ...anOperarius().spec, ...spec } });
    expect(read).toMatchObject({ kind: "invalid", message: expect.stringContaining(field) });
  });

  it("survives an object without a spec", () => expect(readOperarius({}).kind).toBe("invalid"));
});
