/** Makes the image's archive, without a daemon and without a registry. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterProblem, wordsOf } from "../cluster/problem.ts";
import { archiveOf } from "./archive.ts";
import type { NodeBinaryOptions } from "./node-binary.ts";
import { findNode } from "./node-binary.ts";
import { operariusImage } from "./operarius-image.ts";

export interface BuildImageOptions extends NodeBinaryOptions {
  /** The checkout. */
  root: string;
  /** Existing folder for what is needed meanwhile; the caller removes it. */
  scratch: string;
  /** Where the archive goes; what is there is replaced, in one piece. */
  output: string;
}

export interface BuiltImage {
  name: string;
  /** In Go's words. */
  architecture: string;
  bytes: number;
  /** sha256 of the archive, in hex: the same for the same sources on the same machine. */
  digest: string;
}

/** Errors: `ClusterProblem`; what was at `output` is then untouched. */
export async function buildImage(options: BuildImageOptions): Promise<BuiltImage> {
  const { root, scratch, output } = options;
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const name = `operarius:${version}`;
  const node = await findNode(options);
  const program = join(scratch, "image-program");
  bundleInto(program, root);
  const archive = archiveOf(await operariusImage({ name, node, program }));
  writeInOnePiece(output, archive);
  const digest = createHash("sha256").update(archive).digest("hex");
  return { name, architecture: node.architecture, bytes: archive.length, digest };
}

function bundleInto(directory: string, root: string): void {
  const { status } = spawnSync(process.execPath, [join(root, "scripts", "build.mjs"), directory], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new ClusterProblem("the program itself could not be built; the reason is above.");
}

/** Whoever reads the file sees the old archive or the new one. Errors: `ClusterProblem` when it cannot be written. */
export function writeInOnePiece(file: string, data: Uint8Array): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    writeFileSync(unfinished, data);
    renameSync(unfinished, file);
  } catch (error) {
    const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC";
    const mebi = Math.ceil(data.length / 1024 ** 2);
    throw new ClusterProblem(
      isFull
        ? `${file} needs ${mebi} MiB and the disk is full. Free some space, or have it written elsewhere.`
        : `${file} cannot be written: ${wordsOf(error)}. Have it written elsewhere.`,
      { cause: error },
    );
  } finally {
    rmSync(unfinished, { force: true });
  }
}
