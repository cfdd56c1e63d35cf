/** Pod templates as revisions keep them (pure). */
import type { ControllerRevision } from "kubernetes-types/apps/v1";
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { digest } from "./digest.ts";

/** The annotation that `kubectl rollout restart` writes; templates that differ only in it are the same template. */
export const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/** A revision's data carries `$patch: replace` for kubectl's strategic merge; it is not part of the template. */
export function withoutPatchDirective(template: PodTemplateSpec): PodTemplateSpec {
  const { $patch: _directive, ...rest } = template as PodTemplateSpec & { $patch?: string };
  return rest;
}

/** Digest of a pod template that ignores restartedAt and what serialisers add. */
export function templateHash(template: PodTemplateSpec): string {
  const { metadata, ...rest } = withoutPatchDirective(template);
  const annotations = { ...metadata?.annotations };
  delete annotations[RESTARTED_AT];
  // An empty map and an absent one are the same to the API server, but not to a digest.
  const kept = Object.keys(annotations).length > 0 ? annotations : undefined;
  return digest({ ...rest, metadata: { ...metadata, annotations: kept } }, 16);
}

/** The pod template inside a ControllerRevision's data, or undefined when it has none. */
export function revisionTemplate(revision: ControllerRevision): PodTemplateSpec | undefined {
  const data = revision.data as { spec?: { template?: PodTemplateSpec } } | undefined;
  return data?.spec?.template && withoutPatchDirective(data.spec.template);
}
