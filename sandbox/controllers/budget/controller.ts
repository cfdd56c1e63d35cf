/** Keeps the status of PodDisruptionBudgets and ResourceQuotas: what they allow, and what is in use. */
import { budgets, quotas } from "../../kinds.ts";
import { secondsIso } from "../../machinery/event-recorder.ts";
import { keyOf, splitKey } from "../../machinery/informer.ts";
import { startLoop } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";
import { isTerminal } from "../rules/pods.ts";
import { stableJson } from "../rules/stable-json.ts";
import { disruptionStatus } from "./disruption.ts";
import { quotaStatus } from "./quota.ts";

/** Starts it; the informers must have synced. */
export function startDisruptionController({ kube, informers, now, log }: ControllerContext): Running {
  const loop = startLoop({
    name: "disruption-controller",
    log,
    reconcile: async (key) => {
      const { namespace, name } = splitKey(key);
      const budget = informers.budgets.get(namespace, name);
      if (budget === undefined) return undefined;
      const pods = informers.pods.items().filter((pod) => pod.metadata.namespace === namespace);
      const status = disruptionStatus(budget, pods, secondsIso(now()));
      if (stableJson(status) !== stableJson(budget.status)) await kube.replaceStatus(budgets, { ...budget, status });
      return undefined;
    },
  });
  const addAll = (namespace: string | undefined): void => {
    for (const each of informers.budgets.items())
      if (each.metadata.namespace === namespace) loop.add(keyOf(each.metadata));
  };
  informers.budgets.subscribe((each) => loop.add(keyOf(each.metadata)));
  informers.pods.subscribe((pod) => addAll(pod.metadata.namespace));
  for (const each of informers.budgets.items()) loop.add(keyOf(each.metadata));
  return loop;
}

/** Starts it; the informers must have synced. */
export function startQuotaController({ kube, informers, log }: ControllerContext): Running {
  const inside = (namespace: string) => (each: { metadata: { namespace?: string } }) =>
    each.metadata.namespace === namespace;
  const counts = (namespace: string): Record<string, number> => {
    const pods = informers.pods.items().filter(inside(namespace));
    return {
      pods: pods.filter((pod) => !isTerminal(pod)).length,
      "count/pods": pods.length,
      "count/daemonsets.apps": informers.daemonSets.items().filter(inside(namespace)).length,
      "count/jobs.batch": informers.jobs.items().filter(inside(namespace)).length,
    };
  };
  const loop = startLoop({
    name: "resourcequota-controller",
    log,
    reconcile: async (key) => {
      const { namespace, name } = splitKey(key);
      const quota = informers.quotas.get(namespace, name);
      if (quota === undefined) return undefined;
      const status = quotaStatus(quota, counts(namespace));
      if (stableJson(status) !== stableJson(quota.status)) await kube.replaceStatus(quotas, { ...quota, status });
      return undefined;
    },
  });
  const addAll = (each: { metadata: { namespace?: string } }): void => {
    for (const quota of informers.quotas.items())
      if (quota.metadata.namespace === each.metadata.namespace) loop.add(keyOf(quota.metadata));
  };
  informers.quotas.subscribe((each) => loop.add(keyOf(each.metadata)));
  for (const informer of [informers.pods, informers.daemonSets, informers.jobs]) informer.subscribe(addAll);
  for (const each of informers.quotas.items()) loop.add(keyOf(each.metadata));
  return loop;
}
