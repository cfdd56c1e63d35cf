/** What each suite does to a cluster of the user's. */
import type { Undertaking } from "../../scripts/cluster/foreign/guard.ts";
import { scenarios } from "../scenarios/daemonset-rollout/index.ts";
import { foreignLacks, foreignPlan } from "../support/foreign-plan.ts";
import type { SuiteName } from "./main.ts";

/** Everything that the user has to know before they agree. */
export function undertakingOf(suite: SuiteName, namespace: string): Undertaking {
  switch (suite) {
    case "cluster":
      return scenariosOn(namespace);
    case "conformance":
      throw new Error("not yet");
  }
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
