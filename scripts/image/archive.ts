/** A container image as one file: what `docker load`, `ctr images import` and `kind load image-archive` read. Pure. */
import { createHash } from "node:crypto";
import type { Entry } from "./tar.ts";
import { tarOf } from "./tar.ts";

export interface Image {
  /** All names by which it will be known, each with a tag. */
  names: readonly string[];
  /** Of the processor, in Go's words: "amd64". */
  architecture: string;
  /** The root file system, in one layer. */
  entries: readonly Entry[];
  /** The `config` of the OCI image configuration: Env, Entrypoint, User, ... */
  config: Readonly<Record<string, unknown>>;
}

/** The archive. The same image is the same bytes. */
export function archiveOf({ names, architecture, entries, config }: Image): Buffer {
  const layer = tarOf(entries);
  const layerDigest = sha256(layer);
  const description = Buffer.from(
    JSON.stringify({
      created: "1970-01-01T00:00:00Z",
      architecture,
      os: "linux",
      config,
      rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
      history: [{ created: "1970-01-01T00:00:00Z", created_by: "npm run image" }],
    }),
  );
  const configFile = `${sha256(description)}.json`;
  const layerFile = `${layerDigest}/layer.tar`;
  const manifest = [{ Config: configFile, RepoTags: names, Layers: [layerFile] }];
  return tarOf([
    { path: configFile, data: description },
    { path: layerFile, data: layer },
    { path: "manifest.json", data: Buffer.from(JSON.stringify(manifest)) },
  ]);
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
