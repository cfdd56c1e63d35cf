import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Lookup } from "./environment.ts";
import { buildEnvironment, expand } from "./environment.ts";

const pod: Pod = {
  metadata: { name: "p", namespace: "ns", uid: "u", labels: { app: "x" } },
  spec: { containers: [], nodeName: "n1", serviceAccountName: "sa" },
};
const lookup: Lookup = (kind, name) => {
  if (kind === "ConfigMap" && name === "cm") return { A: "1", B: "2" };
  return kind === "Secret" && name === "sec" ? { S: "hidden" } : undefined;
};
const build = (parts: Partial<Container>) => buildEnvironment({ name: "main", ...parts }, pod, lookup);

describe("a container's environment", () => {
  it.each([
    { name: "plain", parts: { env: [{ name: "X", value: "v" }] }, want: { X: "v" } },
    { name: "no value", parts: { env: [{ name: "X" }] }, want: { X: "" } },
    {
      name: "expansion of earlier variables only",
      parts: {
        env: [
          { name: "X", value: "$(Z)" },
          { name: "Z", value: "1" },
          { name: "W", value: "$(Z)-$$(Z)-$(none)" },
        ],
      },
      want: { X: "$(Z)", Z: "1", W: "1-$(Z)-$(none)" },
    },
    {
      name: "envFrom with a prefix",
      parts: { envFrom: [{ prefix: "P_", configMapRef: { name: "cm" } }] },
      want: { P_A: "1", P_B: "2" },
    },
    {
      name: "env wins over envFrom",
      parts: { envFrom: [{ configMapRef: { name: "cm" } }], env: [{ name: "A", value: "9" }] },
      want: { A: "9", B: "2" },
    },
    {
      name: "a key of a Secret",
      parts: { env: [{ name: "X", valueFrom: { secretKeyRef: { name: "sec", key: "S" } } }] },
      want: { X: "hidden" },
    },
    {
      name: "fields",
      parts: {
        env: [
          "metadata.name",
          "metadata.namespace",
          "spec.nodeName",
          "spec.serviceAccountName",
          "metadata.labels['app']",
        ].map((fieldPath, index) => ({
          name: `F${index}`,
          valueFrom: { fieldRef: { fieldPath } },
        })),
      },
      want: { F0: "p", F1: "ns", F2: "n1", F3: "sa", F4: "x" },
    },
    { name: "optional and absent", parts: { envFrom: [{ configMapRef: { name: "no", optional: true } }] }, want: {} },
  ])("$name", ({ parts, want }) => {
    expect(build(parts)).toEqual({ kind: "ok", variables: want });
  });

  it.each([
    { name: "ConfigMap", parts: { envFrom: [{ configMapRef: { name: "no" } }] }, want: 'configmap "no" not found' },
    {
      name: "Secret",
      parts: { env: [{ name: "X", valueFrom: { secretKeyRef: { name: "no", key: "k" } } }] },
      want: 'secret "no" not found',
    },
    {
      name: "key",
      parts: { env: [{ name: "X", valueFrom: { configMapKeyRef: { name: "cm", key: "k" } } }] },
      want: "couldn't find key k in ConfigMap ns/cm",
    },
  ])("names a missing $name as the kubelet does", ({ parts, want }) => {
    expect(build(parts)).toEqual({ kind: "missing", message: want });
  });

  it.each([
    ["$$$(X)", "$v"],
    ["$(X", "$(X"],
    ["a$b$(X)$(X)", "a$bvv"],
    ["$(toString)", "$(toString)"],
  ])("expands %s to %s", (text, want) => {
    expect(expand(text, { X: "v" })).toBe(want);
  });
});
