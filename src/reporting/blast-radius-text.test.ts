import { describe, expect, it } from "vitest";
import { NOW, someGuardFacts, somePolicies } from "../../test/support/daemonset-builders.ts";
import { allowance } from "../engine/guards/allowance.ts";
import type { GuardFacts } from "../engine/types.ts";
import type { BlastRadius, Radius } from "./blast-radius-text.ts";
import { blastRadiusDocument, blastRadiusSchema, blastRadiusText, worstHour } from "./blast-radius-text.ts";

const flags = somePolicies({ rollback: "approve" });

function radius(name: string, facts: Partial<GuardFacts> = {}): Radius {
  const own = someGuardFacts({ name, desired: 4, ...facts });
  return { namespace: "kube-system", name, pods: own.desired, allowance: allowance(own, flags, NOW), error: "" };
}

const given: BlastRadius = {
  at: NOW,
  where: "in all namespaces",
  policies: { flags, source: "Operarius openfero/daemonset-rollout-fix" },
  unread: [],
  radii: [
    radius("agent"),
    radius("cilium", { desired: 500 }),
    radius("shop", { annotations: { "meta.helm.sh/release-name": "shop" } }),
    { namespace: "x", name: "broken", pods: 1, allowance: undefined, error: "RangeError" },
  ],
};

function text(details = false, width = Number.POSITIVE_INFINITY): string {
  const screen = { colour: false, width };
  return blastRadiusText(given, { text: { ...screen, width: Math.min(width, 80) }, table: screen }, details);
}

it("the worst hour of all together is bounded by the cluster's limits", () => {
  expect(worstHour([])).toEqual({ deletions: 0, templateWrites: 0 });
  expect(worstHour([radius("agent")])).toEqual({ deletions: 4, templateWrites: 1 });
  expect(worstHour(given.radii)).toEqual({ deletions: 20, templateWrites: 1 });
});

describe("the text", () => {
  it("says the worst case first, then one line each", () => {
    const lines = text().split("\n");
    expect(text().replace(/\s+/g, " ")).toMatch(
      /^4 DaemonSets in all namespaces\. Without a person's word the worst hour is 20 deleted pods and 1 write of a template, all of them together\. /,
    );
    const rows = lines.slice(lines.findIndex((line) => line.startsWith("NAMESPACE"))).slice(0, 5);
    expect(rows.map((row) => row.replace(/ {2,}/g, "|"))).toEqual([
      "NAMESPACE|NAME|PODS|CLASS|DELETE|ROLLBACK|RESTART|DEL/H|WRITES/H|OWNER",
      "kube-system|agent|4|plain|automatic|approval|automatic|4|1|-",
      "kube-system|cilium|500|path|automatic|approval|approval|20|0|-",
      expect.stringMatching(/^kube-system\|shop\|4\|plain\|automatic\|never\|never\|4\|0\|Helm release shop/),
      "x|broken|1|?|?|?|?|?|?|?",
    ]);
  });

  it("says where the policies are from, and what failed", () => {
    const words = text().replace(/\s+/g, " ");
    expect(words).toContain("rollback approve, delete on (Operarius openfero/daemonset-rollout-fix)");
    expect(words).toContain("x/broken could not be judged: RangeError");
  });

  it("gives the reasons on demand", () => {
    const words = text(true).replace(/\s+/g, " ");
    expect(words).toContain("class: path, because it");
    expect(words).toContain("owner: Helm release shop");
    expect(words).toContain("rollback: never. The template is managed by Helm release shop");
  });

  it("has nothing but ASCII and fits where there is room enough", () => {
    expect(text(true, 80)).toMatch(/^[\n\x20-\x7e]*$/);
    for (const line of text(true, 120).split("\n")) expect(line.length).toBeLessThanOrEqual(120);
  });
});

it("the document says the same, and the schema knows every member", () => {
  const printed: unknown = JSON.parse(JSON.stringify(blastRadiusDocument(given)));
  expect(blastRadiusSchema.parse(printed)).toEqual(printed);
  expect(printed).toMatchObject({
    worstHour: { deletions: 20, templateWrites: 1 },
    items: [
      { class: "plain" },
      { class: "path" },
      { owner: { name: expect.stringContaining("shop") } },
      { error: "RangeError" },
    ],
  });
});
