import { expect, test } from "vitest";
import { recipeOf } from "./recipe.ts";

const goMod = `module example

go 1.25.0

tool k8s.io/kubernetes/cmd/kubelet

require (
	k8s.io/api v0.35.4 // indirect
	k8s.io/kubernetes v1.35.4 // indirect
)
`;

test("reads the release and the Go version, and stamps the release into the programs", () => {
  const { version, go, flags } = recipeOf(goMod, "");
  expect({ version, go }).toEqual({ version: "v1.35.4", go: "1.25.0" });
  expect(flags.at(-1)).toContain("-X k8s.io/component-base/version.gitVersion=v1.35.4 ");
  expect(flags.at(-1)).toContain("-X k8s.io/component-base/version.gitMinor=35 ");
});

test("a requirement of its own line counts as well", () => {
  expect(recipeOf("go 1.24\nrequire k8s.io/kubernetes v1.34.1\n", "").version).toBe("v1.34.1");
});

test.each([
  ["another module", goMod.replace("v0.35.4", "v0.35.5"), ""],
  ["another checksum", goMod, "changed"],
])("%s asks for new programs", (_, otherMod, otherSum) => {
  expect(recipeOf(otherMod, otherSum).fingerprint).not.toBe(recipeOf(goMod, "").fingerprint);
  expect(recipeOf(goMod, "").fingerprint).toBe(recipeOf(goMod, "").fingerprint);
});

test.each([
  ["no Kubernetes", "go 1.25.0\n"],
  ["only a staging module", "go 1.25.0\nrequire k8s.io/api v0.35.4\n"],
  ["no Go version", "require k8s.io/kubernetes v1.35.4\n"],
])("%s is refused, naming the file", (_, text) => {
  expect(() => recipeOf(text, "")).toThrow(/build\/go\.mod pins no release/);
});
