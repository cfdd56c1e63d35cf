import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { nodeVersion } from "./node-binary.ts";
import { imageConfig } from "./operarius-image.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");

describe("the image without a daemon is the one of the Dockerfile", () => {
  const dockerfile = read("Dockerfile");
  const said = (word: string): string | undefined =>
    dockerfile
      .split("\n")
      .findLast((line) => line.startsWith(`${word} `))
      ?.slice(word.length + 1);

  test.each([
    ["USER", imageConfig.User],
    ["ENTRYPOINT", JSON.stringify(imageConfig.Entrypoint).replaceAll(",", ", ")],
    ["CMD", JSON.stringify(imageConfig.Cmd)],
    ["EXPOSE", Object.keys(imageConfig.ExposedPorts).join(" ").replace("/tcp", "")],
    ["ENV", imageConfig.Env.at(-1)],
    ["FROM", `node:${nodeVersion.split(".")[0]}-slim`],
  ])("%s", (word, wanted) => {
    expect(said(word)).toBe(wanted);
  });
});

test.each([
  ["deploy", "kustomize", "deployment.yaml"],
  ["deploy", "operarii", "kube-prometheus-stack", "KubeDaemonSetRolloutStuck", "operarius.yaml"],
])("%s/%s uses it under the name that it gets, and runs it as the user that it is made for", (...path) => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const text = parseAllDocuments(read(...path)).map((each) => JSON.stringify(each.toJSON()));
  expect(text.join()).toContain(`"image":"operarius:${version}"`);
  expect(text.join()).toContain('"runAsUser":65532,"runAsGroup":65532');
});
