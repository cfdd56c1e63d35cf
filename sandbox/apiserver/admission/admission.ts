/** Admission: the built-in plug-ins that users meet, then webhooks. */

import type { WriteRequest } from "../handlers/write.ts";
import type { KubeObject } from "../object.ts";
import type { Registry } from "../registry/registry.ts";
import type { Store } from "../storage/store.ts";
import { checkNamespaceLifecycle } from "./namespace-lifecycle.ts";
import { admitPod } from "./pods.ts";
import { checkQuota } from "./quota.ts";
import { callWebhooks } from "./webhooks.ts";

export interface Change extends Omit<WriteRequest, "backend"> {
  operation: "CREATE" | "UPDATE" | "DELETE";
  object: KubeObject;
  old: KubeObject | undefined;
}

export interface Admission {
  /** May change `change.object`. Errors: whatever a plug-in refuses with. */
  mutate(change: Change): Promise<void>;
  validate(change: Change): Promise<void>;
}

export function createAdmission(store: Store, registry: Registry): Admission {
  return {
    async mutate(change) {
      checkNamespaceLifecycle(store, change);
      if (change.resource.bucket === "pods" && change.operation === "CREATE") admitPod(store, change.object);
      await callWebhooks(store, change, { kind: "mutating", registry });
    },
    async validate(change) {
      await callWebhooks(store, change, { kind: "validating", registry });
      checkQuota(store, change);
    },
  };
}
