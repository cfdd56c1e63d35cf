import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { archiveOf } from "./archive.ts";

const image = {
  names: ["thing:1", "other:2"],
  architecture: "amd64",
  entries: [{ path: "bin/thing", data: Buffer.from("program"), mode: 0o755 }],
  config: { User: "65532:65532" },
};

function read(archive: Buffer, name: string): Buffer {
  const { status, stdout } = spawnSync("tar", ["-xOf", "-", name], { input: archive });
  expect(status).toBe(0);
  return stdout;
}

test("the manifest names the configuration and the layer, and both are what their digests say", () => {
  const archive = archiveOf(image);
  const [manifest] = JSON.parse(read(archive, "manifest.json").toString()) as [
    { Config: string; RepoTags: string[]; Layers: [string] },
  ];
  expect(manifest.RepoTags).toEqual(["thing:1", "other:2"]);
  const layer = read(archive, manifest.Layers[0]);
  const description = read(archive, manifest.Config);
  const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
  expect(manifest.Config).toBe(`${sha256(description)}.json`);
  expect(JSON.parse(description.toString())).toMatchObject({
    os: "linux",
    architecture: "amd64",
    config: { User: "65532:65532" },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
  });
  expect(read(layer, "bin/thing").toString()).toBe("program");
});

test("the same image is the same bytes", () => {
  expect(archiveOf(image).equals(archiveOf({ ...image, entries: [...image.entries] }))).toBe(true);
});
