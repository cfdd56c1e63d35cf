import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRecipe } from "../../scripts/cluster/build.ts";
import { clusterModule } from "../support/tools/control-plane.ts";

test("kube-proxy is of the release of the control plane, and so is every part of it", () => {
  const { version } = readRecipe(clusterModule(join(import.meta.dirname, "..", "..")));
  const module = readFileSync(join(import.meta.dirname, "kube-proxy", "go.mod"), "utf8");
  expect(module).toMatch(new RegExp(`k8s\\.io/kubernetes ${version}\\b`));
  const replaced = [...module.matchAll(/=> k8s\.io\/\S+ (v\S+)/g)].map(([, each]) => each);
  expect(new Set(replaced)).toEqual(new Set([version.replace("v1.", "v0.")]));
});
