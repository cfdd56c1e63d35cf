import type { ControllerRevision } from "kubernetes-types/apps/v1";
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { RESTARTED_AT, revisionTemplate, templateHash, withoutPatchDirective } from "./pod-template.ts";

const spec = { containers: [{ name: "main", image: "app:1" }] };
const plain: PodTemplateSpec = { metadata: { labels: { app: "a" } }, spec };

describe("the same template", () => {
  it.each<[string, object]>([
    ["the patch directive", { ...plain, $patch: "replace" }],
    [
      "a restart",
      { ...plain, metadata: { ...plain.metadata, annotations: { [RESTARTED_AT]: "2026-01-01T00:00:00Z" } } },
    ],
    ["creationTimestamp null", { ...plain, metadata: { ...plain.metadata, creationTimestamp: null } }],
    ["no annotations as an empty map", { ...plain, metadata: { ...plain.metadata, annotations: {} } }],
    ["the order of keys", { spec, metadata: plain.metadata }],
  ])("with %s", (_name, template) => {
    expect(templateHash(template as PodTemplateSpec)).toBe(templateHash(plain));
  });

  it.each<[string, object]>([
    ["image", { ...plain, spec: { containers: [{ name: "main", image: "app:2" }] } }],
    ["label", { ...plain, metadata: { labels: { app: "b" } } }],
    ["annotation", { ...plain, metadata: { ...plain.metadata, annotations: { a: "b" } } }],
    ["order of containers", { ...plain, spec: { containers: [{ name: "x" }, ...spec.containers] } }],
  ])("but not with another %s", (_name, template) => {
    expect(templateHash(template as PodTemplateSpec)).not.toBe(templateHash(plain));
  });

  it("an absent metadata is an empty one", () => {
    expect(templateHash({ spec })).toBe(templateHash({ spec, metadata: {} }));
  });
});

describe("a revision's template", () => {
  const revision = (data: unknown) => ({ revision: 1, data }) as unknown as ControllerRevision;
  it("comes without the directive", () => {
    expect(revisionTemplate(revision({ spec: { template: { ...plain, $patch: "replace" } } }))).toEqual(plain);
    expect(withoutPatchDirective(plain)).toEqual(plain);
  });

  it.each([undefined, null, {}, { spec: {} }])("%j has none", (data) => {
    expect(revisionTemplate(revision(data))).toBeUndefined();
  });
});
