import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { essenceHash } from "./essence.ts";

const container = { name: "main", image: "app:ok-1", env: [{ name: "protocol", value: "TCP" }] };
const plain: PodTemplateSpec = {
  metadata: { labels: { app: "agent" } },
  spec: { containers: [container], volumes: [{ name: "data", emptyDir: {} }] },
};
const defaulted: PodTemplateSpec = {
  metadata: { labels: { app: "agent" }, annotations: { "kubectl.kubernetes.io/restartedAt": "x" } },
  spec: {
    containers: [
      {
        ...container,
        imagePullPolicy: "IfNotPresent",
        resources: {},
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
      },
    ],
    volumes: [{ name: "data", emptyDir: {} }],
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  },
};
const withContainer = (change: object): PodTemplateSpec => ({
  ...plain,
  spec: { ...plain.spec, containers: [{ ...container, ...change }] },
});

describe("essenceHash", () => {
  it("is the same with and without what the API server fills in", () =>
    expect(essenceHash(defaulted)).toBe(essenceHash(plain)));
  it("knows the pull policy of a tag", () => {
    expect(essenceHash(withContainer({ imagePullPolicy: "Always" }))).not.toBe(essenceHash(plain));
    const latest = { image: "app" };
    expect(essenceHash(withContainer({ ...latest, imagePullPolicy: "Always" }))).toBe(
      essenceHash(withContainer(latest)),
    );
  });
  it.each<[string, PodTemplateSpec]>([
    ["another image", withContainer({ image: "app:ok-2" })],
    ["another value under a name like a field", withContainer({ env: [{ name: "protocol", value: "UDP" }] })],
    [
      "another grace period",
      { ...plain, spec: { ...plain.spec, terminationGracePeriodSeconds: 31, containers: [container] } },
    ],
    ["a label whose value is a default's", { ...plain, metadata: { labels: { app: "agent", protocol: "TCP" } } }],
    ["a node selector", { ...plain, spec: { containers: [container], nodeSelector: { type: "" } } }],
  ])("is another with %s", (_name, template) => expect(essenceHash(template)).not.toBe(essenceHash(plain)));
});
