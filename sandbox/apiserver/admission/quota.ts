/** ResourceQuota, as far as it counts objects (plugin ResourceQuota): pods, count/<resource>. */
import type { KubeObject } from "../object.ts";
import { asMap, asString, asText } from "../object.ts";
import { forbidden } from "../status.ts";
import type { Store } from "../storage/store.ts";
import type { Change } from "./admission.ts";

function isFinished(pod: KubeObject): boolean {
  const phase = asString(asMap(pod.status).phase);
  return phase === "Succeeded" || phase === "Failed";
}

/** The names under which a quota counts this resource. */
function countedAs(change: Change): string[] {
  const { plural, group } = change.resource;
  const generic = `count/${plural}${group === "" ? "" : `.${group}`}`;
  return group === "" ? [generic, plural] : [generic];
}

/** Errors: 403 `exceeded quota` when one more object would pass a hard limit. */
export function checkQuota(store: Store, change: Change): void {
  if (change.operation !== "CREATE" || !change.resource.namespaced) return;
  for (const quota of store.list("resourcequotas", change.namespace)) {
    const hard = asMap(asMap(quota.spec).hard);
    for (const name of countedAs(change)) {
      const limit = hard[name];
      if (limit === undefined) continue;
      const present = store.list(change.resource.bucket, change.namespace);
      const used = name === "pods" ? present.filter((pod) => !isFinished(pod)).length : present.length;
      if (used + 1 <= Number(limit)) continue;
      const why = `exceeded quota: ${quota.metadata.name ?? ""}, requested: ${name}=1, used: ${name}=${used}, limited: ${name}=${asText(limit)}`;
      throw forbidden(change.resource, change.object.metadata.name ?? "", why);
    }
  }
}
