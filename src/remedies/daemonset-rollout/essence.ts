/**
 * What a pod template says beyond the API server's defaults (pure). An upgrade that adds a defaulted field makes a new
 * revision of the same template (FAILURES, C36). Source: pkg/apis/core/v1/defaults.go.
 */
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { digest } from "../../engine/digest.ts";
import { RESTARTED_AT, withoutPatchDirective } from "../../engine/pod-template.ts";

/** Field to the value that the API server fills in. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  dnsPolicy: "ClusterFirst",
  enableServiceLinks: true,
  preemptionPolicy: "PreemptLowerPriority",
  restartPolicy: "Always",
  schedulerName: "default-scheduler",
  terminationGracePeriodSeconds: 30,
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  procMount: "Default",
  protocol: "TCP",
  scheme: "HTTP",
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
  defaultMode: 420,
  apiVersion: "v1",
  type: "",
};

/** Maps whose keys are a person's words, not fields. */
const OWN_WORDS = new Set(["labels", "annotations", "matchLabels", "nodeSelector", "limits", "requests"]);

function isContainer(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value.image === "string" && typeof value.name === "string";
}

/** IfNotPresent, or Always where the tag is "latest" or missing. */
function defaultPullPolicy(image: string): string {
  const last = image.split("@", 1)[0]?.split("/").at(-1) ?? "";
  const tag = last.split(":")[1] ?? (image.includes("@") ? "digest" : "latest");
  return tag === "latest" ? "Always" : "IfNotPresent";
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const kept = Object.entries(fields).flatMap(([key, own]): [string, unknown][] => {
    if (OWN_WORDS.has(key)) return isEmpty(own) ? [] : [[key, own]];
    if (key in DEFAULTS && DEFAULTS[key] === own) return [];
    if (key === "serviceAccount" && own === fields.serviceAccountName) return [];
    if (key === "imagePullPolicy" && isContainer(fields) && own === defaultPullPolicy(String(fields.image))) return [];
    const rest = withoutDefaults(own);
    return isEmpty(rest) ? [] : [[key, rest]];
  });
  return Object.fromEntries(kept);
}

/** Digest of the template without restartedAt and without what equals a default. Two with the same make the same pods. */
export function essenceHash(template: PodTemplateSpec): string {
  const { metadata, ...rest } = withoutPatchDirective(template);
  const { [RESTARTED_AT]: _restarted, ...annotations } = metadata?.annotations ?? {};
  return digest(withoutDefaults({ ...rest, metadata: { ...metadata, annotations } }), 16);
}
