/** What each suite does to a cluster of the user's. */
import type { Undertaking } from "../../scripts/cluster/foreign/guard.ts";
import { rightsOn } from "../../scripts/cluster/foreign/rights.ts";
import { scenarios } from "../scenarios/daemonset-rollout/index.ts";
import { foreignLacks, foreignPlan } from "../support/foreign-plan.ts";
import type { SuiteName } from "./main.ts";

/** Everything that the user has to know before they agree. */
export function undertakingOf(suite: SuiteName, namespace: string): Undertaking {
  switch (suite) {
    case "cluster":
      return scenariosOn(namespace);
    case "conformance":
      return casesOn(namespace);
  }
}

function casesOn(namespace: string): Undertaking {
  const all = ["get", "list", "watch", "create", "update", "patch", "delete"];
  return {
    who: "The conformance cases",
    namespace,
    creates: [
      `namespaces ${namespace}-<case>, with everything in them; no pod of theirs is for a scheduler that exists`,
      `CustomResourceDefinitions gadgets.${namespace}-<case>.example.com`,
    ],
    rights: [
      ...["namespaces", "configmaps", "pods", "serviceaccounts", "secrets"].flatMap((kind) => rightsOn("", kind, all)),
      ...rightsOn("", "serviceaccounts/token", ["create"]),
      ...rightsOn("apps", "daemonsets", all),
      ...["roles", "rolebindings"].flatMap((kind) => rightsOn("rbac.authorization.k8s.io", kind, all)),
      ...["clusterroles", "clusterrolebindings"].flatMap((kind) =>
        rightsOn("rbac.authorization.k8s.io", kind, ["list"]),
      ),
      ...rightsOn("admissionregistration.k8s.io", "validatingwebhookconfigurations", ["list"]),
      ...rightsOn("apiextensions.k8s.io", "customresourcedefinitions", all),
      ...rightsOn("", "nodes", ["list"]),
    ],
    differs: [
      "Not run there: every case that needs pods that run, and the one that makes etcd forget. Each is listed as skipped, with its reason.",
    ],
  };
}

function scenariosOn(namespace: string): Undertaking {
  const { creates, rights } = foreignPlan(namespace);
  const notRun = Object.entries(foreignLacks).map(([lack, reason]) => {
    const ids = scenarios.filter(({ needs = [] }) => needs.some((need) => need === lack)).map(({ id }) => id);
    return `Not run there: ${ids.join(", ")}, because ${reason}.`;
  });
  return {
    who: "The scenarios",
    namespace,
    creates,
    rights,
    differs: [
      ...notRun,
      "Judged without your cluster's audit log: by the program's own requests, recorded on their way, and by the pods' UIDs.",
    ],
  };
}
