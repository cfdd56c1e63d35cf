/** Builds CustomResourceDefinitions from the schemas, so that type, runtime check and CRD cannot drift apart. */
import { z } from "zod";
import type { Resource } from "../kube/types.ts";
import { operariuses } from "./operarius.ts";
import { receiptSpecSchema, receipts } from "./receipt-resource.ts";
import { remediationSpecSchema, remediationStatusSchema, remediations } from "./remediation.ts";
import { operariusSpecSchema, operariusStatusSchema } from "./schema.ts";

type Json = { [key: string]: unknown };

interface Definition {
  resource: Resource<unknown>;
  singular: string;
  shortNames: string[];
  columns: Json[];
  spec: z.ZodType;
  /** Absent: the kind has no status. */
  status?: z.ZodType;
  description: string;
}

const AGE = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

/** Every CRD of ours by file name below deploy/crds. */
export function customResourceDefinitions(): { file: string; definition: Json }[] {
  return [operariusDefinition(), receiptDefinition(), remediationDefinition()].map((each) => ({
    file: `${each.resource.plural}.${each.resource.group}.yaml`,
    definition: toDefinition(each),
  }));
}

function operariusDefinition(): Definition {
  return {
    resource: operariuses,
    singular: "operarius",
    shortNames: ["op"],
    columns: [
      { name: "Alert", type: "string", jsonPath: ".spec.alertSelector.alertname" },
      { name: "Status", type: "string", jsonPath: ".spec.alertSelector.status" },
      { name: "Enabled", type: "boolean", jsonPath: ".spec.enabled" },
      { name: "Executions", type: "integer", jsonPath: ".status.executionCount" },
      { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      AGE,
    ],
    spec: operariusSpecSchema,
    status: operariusStatusSchema,
    description: "Which Job answers which alert.",
  };
}

function remediationDefinition(): Definition {
  return {
    resource: remediations,
    singular: "remediation",
    shortNames: ["rem"],
    columns: [
      { name: "Target", type: "string", jsonPath: ".spec.target.name" },
      { name: "Alert", type: "string", jsonPath: ".spec.alert.labels.alertname" },
      { name: "Cause", type: "string", jsonPath: ".status.cause" },
      { name: "Phase", type: "string", jsonPath: ".status.phase" },
      AGE,
      // With -o wide: the whole story.
      { name: "Where", type: "string", jsonPath: ".spec.target.namespace", priority: 1 },
      { name: "Reason", type: "string", jsonPath: ".status.reason", priority: 1 },
      { name: "Message", type: "string", jsonPath: ".status.message", priority: 1 },
    ],
    spec: remediationSpecSchema,
    status: remediationStatusSchema,
    description: "The record of one episode of one target, from the alert to the verified end.",
  };
}

function receiptDefinition(): Definition {
  return {
    resource: receipts,
    singular: "receipt",
    shortNames: ["rcpt"],
    columns: [
      { name: "Target", type: "string", jsonPath: ".spec.target.name" },
      { name: "Verdict", type: "string", jsonPath: ".spec.verdict" },
      { name: "Cause", type: "string", jsonPath: ".spec.cause" },
      AGE,
    ],
    spec: receiptSpecSchema,
    description: "What one attempt saw, concluded and wrote; operarius replay reads it.",
  };
}

function toDefinition(definition: Definition): Json {
  const { resource, singular, shortNames, columns, description } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${resource.plural}.${resource.group}` },
    spec: {
      group: resource.group,
      names: { kind: resource.kind, listKind: `${resource.kind}List`, plural: resource.plural, singular, shortNames },
      scope: resource.namespaced ? "Namespaced" : "Cluster",
      versions: [
        {
          name: resource.version,
          served: true,
          storage: true,
          ...(definition.status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description,
              required: ["spec"],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                spec: structural(definition.spec),
                ...(definition.status === undefined ? {} : { status: structural(definition.status) }),
              },
            },
          },
        },
      ],
    },
  };
}

/** The schema as Kubernetes accepts it: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
function structural(schema: z.ZodType): Json {
  return normalise(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", unrepresentable: "any" }) as Json);
}

function normalise(schema: Json): Json {
  const result: Json = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "properties") {
      const properties = Object.entries(value as Record<string, Json>);
      if (properties.length > 0)
        result[key] = Object.fromEntries(properties.map(([n, child]) => [n, normalise(child)]));
    } else if (key === "items") result[key] = normalise(value as Json);
    else if (key === "additionalProperties") Object.assign(result, additional(value));
    else if (key !== "$schema" && key !== "propertyNames") result[key] = value;
  }
  // The API server checks `format: date-time` itself; zod adds a regular expression that it need not run.
  if (result.format === "date-time") delete result.pattern;
  for (const bound of ["minimum", "maximum"]) {
    // zod's bounds of a safe integer; noise in a CRD.
    if (Math.abs(Number(result[bound])) === Number.MAX_SAFE_INTEGER) delete result[bound];
  }
  if (result.type === "integer") {
    result.format = Math.abs(Number(result.maximum ?? Number.POSITIVE_INFINITY)) <= 2147483647 ? "int32" : "int64";
  }
  return result;
}

/** A loose object keeps what it does not name; a strict one is simply pruned by the API server. */
function additional(value: unknown): Json {
  if (value === false) return {};
  const child = normalise(value as Json);
  return Object.keys(child).length === 0
    ? { "x-kubernetes-preserve-unknown-fields": true }
    : { additionalProperties: child };
}
