/** Builders of Remediations as the API server returns them. */
import type { Live } from "../../src/kube/types.ts";
import type { Remediation, RemediationStatus } from "../../src/operarius/remediation.ts";
import { aHook, anAlert, NAMESPACE } from "./control-fixture.ts";

export const RECORDED_AT = Date.parse("2026-01-01T12:00:00Z");

/** RFC 3339, so many seconds after `RECORDED_AT`. */
export function secondsOn(seconds: number): string {
  return new Date(RECORDED_AT + seconds * 1000).toISOString();
}

/** A record of the DaemonSet kube-system/`name`, received at `RECORDED_AT`. */
export function aRecord(
  status: RemediationStatus = {},
  { name = "agent", ...spec }: Partial<Remediation["spec"]> & { name?: string } = {},
): Live<Remediation> {
  return {
    apiVersion: "openfero.io/v1alpha1",
    kind: "Remediation",
    metadata: {
      name: `daemonset-${name}-abcdefghij-1`,
      namespace: NAMESPACE,
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: secondsOn(0),
    },
    spec: {
      target: { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name },
      operarius: { name: "daemonset-rollout-fix" },
      sequence: 1,
      alert: anAlert(),
      hook: aHook(),
      receivedAt: secondsOn(0),
      ...spec,
    },
    status,
  };
}
