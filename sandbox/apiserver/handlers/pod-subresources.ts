/** pods/binding and pods/eviction. */
import { parseObject } from "../http/body.ts";
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, timestamp } from "../object.ts";
import { badRequest, conflict, tooManyRequests } from "../status.ts";
import { selectorMatches } from "../validation/labels.ts";
import type { Answer, Call } from "./context.ts";
import type { DeleteOptions } from "./delete.ts";
import { deleteObject } from "./delete.ts";
import { writeRequest } from "./mutate.ts";
import { getStored } from "./read.ts";
import { updateObject } from "./write.ts";

const success = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" } as const;

/** Gives the pod its node. Errors: 400, 404, 409 when it has one or is being deleted. */
export async function bindPod(call: Call): Promise<Answer> {
  const body = parseObject(call.body, call.contentType, "Binding");
  const node = asString(asMap(body.target).name);
  if (node === "") throw badRequest("Binding is invalid: target.name: Required value");
  await updateObject(
    { ...writeRequest(call), subresource: "binding" },
    (pod) => {
      const name = pod.metadata.name ?? "";
      const spec = asMap(pod.spec);
      if (pod.metadata.deletionTimestamp !== undefined)
        throw conflict(call.resource, name, `pod ${name} is being deleted, cannot be assigned to a host`);
      if (asString(spec.nodeName) !== "")
        throw conflict(call.resource, name, `pod ${name} is already assigned to node "${asString(spec.nodeName)}"`);
      const status = asMap(pod.status);
      const others = asList(status.conditions).filter((one) => asMap(one).type !== "PodScheduled");
      const scheduled = { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: timestamp() };
      return { ...pod, spec: { ...spec, nodeName: node }, status: { ...status, conditions: [...others, scheduled] } };
    },
    { unchecked: true },
  );
  return { code: 201, body: { ...success, code: 201 } };
}

function isReady(pod: Record<string, unknown>): boolean {
  const conditions = asList(asMap(pod.status).conditions).map(asMap);
  return conditions.some((one) => one.type === "Ready" && one.status === "True");
}

/**
 * The budget that this eviction takes from. Errors: 429 when a PodDisruptionBudget allows no disruption. Its status is
 * what counts, as on the real server.
 */
function budgetOf(call: Call): KubeObject | undefined {
  const pod = getStored(call);
  let found: KubeObject | undefined;
  const budgets = call.backend.store.list("poddisruptionbudgets.policy", call.info.namespace);
  for (const budget of budgets) {
    const spec = asMap(budget.spec);
    if (!selectorMatches(spec.selector, pod.metadata.labels)) continue;
    if (!isReady(pod) && spec.unhealthyPodEvictionPolicy === "AlwaysAllow") continue;
    const allowed = asMap(budget.status).disruptionsAllowed;
    const zero = spec.maxUnavailable === 0 || spec.maxUnavailable === "0%";
    if (allowed === 0 || (allowed === undefined && zero)) {
      throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10);
    }
    found = budget;
  }
  return found;
}

/** One disruption less until the controller has counted anew: two evictions at once must not share one. */
async function take(call: Call, { metadata: { name = "" } }: KubeObject): Promise<void> {
  const resource = call.backend.registry.byKind("policy", "PodDisruptionBudget");
  if (resource === undefined) return;
  await updateObject(
    { ...writeRequest(call), resource, name, subresource: "status", manager: "kube-apiserver" },
    (live) => {
      const status = asMap(live.status);
      const allowed = Math.max(0, Number(status.disruptionsAllowed ?? 0) - 1);
      return { ...live, status: { ...status, disruptionsAllowed: allowed } };
    },
  );
}

/** Deletes the pod the polite way. Errors: 404, 409, 429. */
export async function evictPod(call: Call): Promise<Answer> {
  const body = call.body.trim() === "" ? {} : parseObject(call.body, call.contentType, "Eviction");
  const given = asMap(body.deleteOptions);
  const grace = given.gracePeriodSeconds;
  const { uid, resourceVersion } = asMap(given.preconditions);
  const options: DeleteOptions = {
    gracePeriodSeconds: typeof grace === "number" ? grace : undefined,
    propagationPolicy: undefined,
    preconditions: {
      ...(typeof uid === "string" ? { uid } : {}),
      ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    },
    dryRun: writeRequest(call).dryRun || asList(given.dryRun).includes("All"),
  };
  const { name, namespace } = asMap(body.metadata);
  if (typeof name === "string" && name !== "" && name !== call.info.name)
    throw badRequest("name in URL does not match name in Eviction object");
  if (typeof namespace === "string" && namespace !== "" && namespace !== call.info.namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  const pod = getStored(call);
  const budget = budgetOf(call);
  await deleteObject(call, pod, options);
  if (budget !== undefined && !options.dryRun) await take(call, budget);
  return { code: 201, body: { ...success, code: 201 } };
}
