/** A record for a run to belong to, as the server makes one for each alert. */
import { remediations } from "../../src/operarius/remediation.ts";
import { healer } from "../support/cluster.ts";
import type { Stage } from "./stage.ts";

/** Creates the record; resolves with the variables that its Jobs get, but for the attempt. */
export async function recordFor(stage: Stage): Promise<Record<string, string>> {
  const { namespace, name, person } = stage;
  const record = await person.create(remediations, {
    metadata: { namespace: healer.namespace, name: `daemonset-${name}-1` },
    spec: {
      target: { cluster: "", kind: "DaemonSet", namespace, name },
      operarius: { name: "daemonset-rollout-fix" },
      sequence: 1,
      alert: { status: "firing", labels: {}, annotations: {} },
      hook: {
        version: "4",
        groupKey: "",
        status: "firing",
        receiver: "",
        groupLabels: {},
        commonLabels: {},
        commonAnnotations: {},
        externalURL: "",
      },
      receivedAt: new Date().toISOString(),
    },
  });
  return {
    OPERARIUS_REMEDIATION: record.metadata.name,
    OPERARIUS_REMEDIATION_UID: record.metadata.uid,
    OPERARIUS_NAMESPACE: healer.namespace,
  };
}
