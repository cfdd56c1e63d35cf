import { expect, test } from "vitest";
import type { KubeObject } from "../object.ts";
import type { Fill } from "./canonical.ts";
import { canonicalize, emptyObject } from "./canonical.ts";

function form(kind: string, fields: object, fill: Fill, apiVersion = "v1"): KubeObject {
  const object: KubeObject = { apiVersion, kind, metadata: {}, ...fields };
  canonicalize(object, fill);
  return object;
}

test("takes away what the kind does not have, nulls, and what is empty", () => {
  const metadata = { name: "a", labels: {}, finalizers: [], creationTimestamp: null, typo: 1 };
  const container = { name: "c", image: "i", command: [], tty: false, typo: 1, livenessProbe: null };
  expect(form("Pod", { metadata, spec: { containers: [container], hostNetwork: false }, typo: 1 }, "lean")).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
});

test("keeps the zero of a pointer, and an empty struct behind one", () => {
  const spec = { containers: [{ name: "c", securityContext: {} }], terminationGracePeriodSeconds: 0 };
  expect(form("Pod", { spec }, "lean").spec).toEqual(spec);
});

test("writes what a Go struct writes when it is empty", () => {
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  const pod = form("Pod", { spec: { containers: [{ name: "c" }] }, status }, "full");
  expect(pod.spec).toEqual({ containers: [{ name: "c", resources: {} }] });
  expect(pod.status).toEqual({
    conditions: [{ type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: null }],
  });
  expect(emptyObject("apps/v1", "DaemonSet").status).toEqual({
    currentNumberScheduled: 0,
    desiredNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
  });
});

test("null in a map of strings is an empty string", () => {
  expect(form("ConfigMap", { data: { a: null, b: "x" } }, "lean").data).toEqual({ a: "", b: "x" });
});

test("leaves custom resources as they are, but for their metadata", () => {
  const gadget = { metadata: { name: "a", typo: 1 }, spec: { open: null, list: [] } };
  expect(form("Gadget", gadget, "full", "example.com/v1")).toEqual({
    apiVersion: "example.com/v1",
    kind: "Gadget",
    metadata: { name: "a" },
    spec: { open: null, list: [] },
  });
});
