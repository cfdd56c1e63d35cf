/** Operarii from files, for commands that need no cluster. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import { parseAllDocuments } from "yaml";
import type { ReadOperarius } from "../operarius/operarius.ts";
import { operariuses, readOperarius } from "../operarius/operarius.ts";

const MANIFEST = /\.(?:ya?ml|json)$/;

type Manifest = { apiVersion?: unknown; kind?: unknown; metadata?: ObjectMeta | null; items?: unknown; spec?: unknown };

/** What is wrong with the files, as a sentence for a person. */
export class ManifestError extends Error {}

/**
 * Every Operarius in a YAML or JSON file, or in those of a folder and its folders; other kinds are left out. `namespace`
 * is that of Operarii that name none. Rejects with `ManifestError`.
 */
export async function readOperariiFrom(path: string, namespace: string): Promise<ReadOperarius[]> {
  const operarii: ReadOperarius[] = [];
  for (const file of await filesAt(path)) {
    const text = await readFile(file, "utf8").catch(unreadable(file));
    for (const manifest of manifestsIn(file, text)) {
      if (typeof manifest.metadata?.name !== "string") throw new ManifestError(`${file}: an Operarius has no name`);
      operarii.push(readOperarius({ ...manifest, metadata: { namespace, ...manifest.metadata } }));
    }
  }
  if (operarii.length === 0) throw new ManifestError(`${path}: there is no Operarius in it`);
  return operarii;
}

async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch(unreadable(path));
  if (!found.isDirectory()) return [path];
  const names = await readdir(path, { recursive: true }).catch(unreadable(path));
  return names
    .filter((name) => MANIFEST.test(name))
    .toSorted()
    .map((name) => join(path, name));
}

function unreadable(path: string): (error: unknown) => never {
  return (error) => {
    throw new ManifestError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  };
}

function manifestsIn(file: string, text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new ManifestError(`${file} is not YAML: ${error.message.split("\n", 1)[0] ?? ""}`);
    return operariiIn(document.toJS());
  });
}

/** Of one document, or of the members of a List. */
function operariiIn(value: unknown): Manifest[] {
  if (typeof value !== "object" || value === null) return [];
  const manifest: Manifest = value;
  if (Array.isArray(manifest.items)) return manifest.items.flatMap(operariiIn);
  const isOurs = manifest.kind === operariuses.kind && String(manifest.apiVersion).startsWith(`${operariuses.group}/`);
  return isOurs ? [manifest] : [];
}
