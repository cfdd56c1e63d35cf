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
  it.each([
    ["app:1", "IfNotPresent"],
    ["app:latest", "Always"],
    ["app", "Always"],
    ["registry.example.com:5000/team/app", "Always"],
    ["registry.example.com:5000/team/app:1", "IfNotPresent"],
    ["app@sha256:0", "IfNotPresent"],
    ["app:latest@sha256:0", "Always"],
    ["registry.example.com:5000/app@sha256:0", "IfNotPresent"],
  ])("%s is pulled %s unless said otherwise", (image, policy) => {
    const [other] = ["IfNotPresent", "Always"].filter((each) => each !== policy);
    const silent = essenceHash(withContainer({ image }));
    expect(essenceHash(withContainer({ image, imagePullPolicy: policy }))).toBe(silent);
    expect(essenceHash(withContainer({ image, imagePullPolicy: other }))).not.toBe(silent);
    expect(essenceHash(withContainer({ image, imagePullPolicy: "Never" }))).not.toBe(silent);
  });

  const inSpec = (more: object): PodTemplateSpec => ({
    ...plain,
    spec: { containers: [container], volumes: [{ name: "data", emptyDir: {} }], ...more },
  });
  it.each<[string, PodTemplateSpec]>([
    ["nothing more", inSpec({})],
    ["what is null", inSpec({ affinity: null, priority: undefined })],
    [
      "empty maps and lists, however deep",
      inSpec({ affinity: { nodeAffinity: {} }, tolerations: [], nodeSelector: {} }),
    ],
    ["an empty annotation map", { ...inSpec({}), metadata: { labels: { app: "agent" }, annotations: {} } }],
    ["kubectl's directive", { ...inSpec({}), $patch: "replace" } as PodTemplateSpec],
    ["no source of a volume, which makes it an emptyDir", inSpec({ volumes: [{ name: "data" }] })],
  ])("is the same with %s", (_name, template) => expect(essenceHash(template)).toBe(essenceHash(plain)));

  it("a serviceAccount is the serviceAccountName's older name, and another one is not", () => {
    const own = inSpec({ serviceAccountName: "agent" });
    expect(essenceHash(inSpec({ serviceAccountName: "agent", serviceAccount: "agent" }))).toBe(essenceHash(own));
    expect(essenceHash(inSpec({ serviceAccountName: "agent", serviceAccount: "other" }))).not.toBe(essenceHash(own));
    expect(essenceHash(inSpec({ serviceAccount: "agent" }))).not.toBe(essenceHash(plain));
  });

  it("a pull policy outside of a container is no default", () => {
    const volume = (more: object) => inSpec({ volumes: [{ name: "data", image: { reference: "app:1", ...more } }] });
    expect(essenceHash(volume({ imagePullPolicy: "IfNotPresent" }))).not.toBe(essenceHash(volume({})));
  });

  it.each<[string, PodTemplateSpec]>([
    ["no containers", { metadata: { labels: { app: "agent" } } }],
    ["requests, whose keys are a person's words", withContainer({ resources: { requests: { type: "" } } })],
    ["limits", withContainer({ resources: { limits: { protocol: "TCP" } } })],
    ["an annotation", { ...plain, metadata: { labels: { app: "agent" }, annotations: { type: "" } } }],
    ["a false that differs from the default", inSpec({ enableServiceLinks: false })],
    ["a zero", inSpec({ terminationGracePeriodSeconds: 0 })],
    ["an empty string of a field that has another default", inSpec({ schedulerName: "" })],
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
