/** Creates manifests through the API, as kubectl create would. */
import { isAlreadyExists } from "../../src/kube/errors.ts";
import type { Kube, Resource } from "../../src/kube/types.ts";
import type { Manifest } from "./objects.ts";

interface ListedResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

/** Where a kind is served, asked from the server's own discovery. */
async function resourceOf(kube: Kube, manifest: Manifest): Promise<Resource<Manifest>> {
  const [group, version] = manifest.apiVersion.includes("/")
    ? manifest.apiVersion.split("/")
    : ["", manifest.apiVersion];
  const answer = (await kube.raw(`/${group === "" ? "api" : "apis"}/${manifest.apiVersion}`)) as {
    resources: ListedResource[];
  };
  const found = answer.resources.find((one) => one.kind === manifest.kind && !one.name.includes("/"));
  if (found === undefined) throw new Error(`the server does not know ${manifest.apiVersion} ${manifest.kind}`);
  return {
    group: group ?? "",
    version: version ?? "",
    plural: found.name,
    kind: manifest.kind,
    namespaced: found.namespaced,
  };
}

/** One after the other; what exists already stays as it is. */
export async function install(kube: Kube, manifests: readonly Manifest[]): Promise<void> {
  const known = new Map<string, Resource<Manifest>>();
  for (const manifest of manifests) {
    const key = `${manifest.apiVersion} ${manifest.kind}`;
    const resource = known.get(key) ?? (await resourceOf(kube, manifest));
    known.set(key, resource);
    await kube.create(resource, manifest).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
}
