import type { Container, PodSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { contentFacts, exactHash, templateFacts } from "./project-template.ts";

const SALT = "salt";
const main: Container = { name: "main", image: "app:ok-1" };

function content(spec: Partial<PodSpec>) {
  return contentFacts({ spec: { containers: [main], ...spec } }, SALT);
}

function facts(spec: Partial<PodSpec>, minReadySeconds = 0) {
  return templateFacts({ spec: { containers: [main], ...spec } }, minReadySeconds, SALT);
}

describe("contentFacts", () => {
  it("of a template without a spec", () => {
    expect(contentFacts({}, SALT)).toMatchObject({ images: {}, specs: {}, references: [], volumes: [] });
  });

  it("knows init containers, and a container without an image", () => {
    const initContainers = [{ name: "prepare", image: "busybox:1" }];
    const { images, specs } = content({ initContainers, containers: [main, { name: "blank" }] });
    expect(images).toEqual({ prepare: "busybox:1", main: "app:ok-1", blank: "" });
    expect(Object.keys(specs)).toEqual(["prepare", "main", "blank"]);
  });

  it("compares only within one view: another salt gives other digests", () => {
    const template = { spec: { containers: [main] } };
    const [one, other] = [contentFacts(template, SALT), contentFacts(template, "another")];
    expect(contentFacts(template, SALT)).toEqual(one);
    expect(one.specs.main).not.toBe(other.specs.main);
    expect(one.essence).not.toBe(other.essence);
  });

  it("names what must be there for the pod to start, each once and sorted", () => {
    const { references, volumes } = content({
      initContainers: [
        { name: "prepare", envFrom: [{ configMapRef: { name: "base" } }, { secretRef: { name: "key" } }] },
      ],
      containers: [
        {
          ...main,
          env: [
            { name: "PLAIN", value: "x" },
            { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "a" } } },
            { name: "B", valueFrom: { secretKeyRef: { name: "token", key: "b" } } },
            { name: "C", valueFrom: { secretKeyRef: { name: "token", key: "c" } } },
            { name: "D", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
            { name: "E", valueFrom: { configMapKeyRef: { key: "nameless" } } },
          ],
        },
      ],
      volumes: [
        { name: "v1", configMap: { name: "files" } },
        { name: "v2", secret: { secretName: "tls" } },
        { name: "v3", persistentVolumeClaim: { claimName: "data" } },
        { name: "v4", csi: { driver: "csi.example.com" } },
        { name: "v5", hostPath: { path: "/var/log" } },
        { name: "v6", projected: { sources: [{ configMap: { name: "ca" } }, { secret: { name: "pair" } }] } },
        { name: "v7", projected: {} as NonNullable<PodSpec["volumes"]>[number]["projected"] & object },
        { name: "v8", emptyDir: {} },
      ],
    });
    expect(references).toEqual([
      "claim/data",
      "configmap/base",
      "configmap/ca",
      "configmap/files",
      "configmap/settings",
      "configmap/settings:a",
      "csi/csi.example.com",
      "hostPath//var/log",
      "secret/key",
      "secret/pair",
      "secret/tls",
      "secret/token",
      "secret/token:b",
      "secret/token:c",
    ]);
    expect(volumes).toEqual(["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"]);
  });
});

describe("what admission and the scheduler judge by", () => {
  it("of a bare template", () => {
    expect(content({}).admission).toMatchObject({
      serviceAccount: "default",
      priorityClass: "",
      runtimeClass: "",
      pullSecrets: "",
      hostPorts: "",
      cpuMilli: 0,
      memoryBytes: 0,
    });
  });

  it("of one that says everything: requests of the main containers are added, ports of all are listed", () => {
    const port = (hostPort: number, protocol?: string) => ({
      containerPort: 1,
      hostPort,
      ...(protocol && { protocol }),
    });
    const requests = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });
    const admission = content({
      serviceAccountName: "agent",
      priorityClassName: "system-node-critical",
      runtimeClassName: "gvisor",
      imagePullSecrets: [{ name: "one" }, {}, { name: "two" }],
      initContainers: [{ name: "prepare", image: "busybox:1", ports: [port(9000, "UDP")], ...requests("8", "8Gi") }],
      containers: [
        { ...main, ports: [port(8080), { containerPort: 7000 }], ...requests("100m", "128Mi") },
        { name: "side", image: "side:1", ports: [port(1000)], ...requests("1", "1Gi") },
        { name: "modest", image: "modest:1" },
      ],
    }).admission;
    expect(admission).toMatchObject({
      serviceAccount: "agent",
      priorityClass: "system-node-critical",
      runtimeClass: "gvisor",
      pullSecrets: "one,,two",
      hostPorts: "1000/TCP,8080/TCP,9000/UDP",
      cpuMilli: 1100,
      memoryBytes: 2 ** 30 + 2 ** 27,
    });
  });

  const claim = (claimName: string) => [{ name: "data", persistentVolumeClaim: { claimName } }];
  const limits = { resources: { limits: { memory: "1Gi" } } };
  it.each<[string, Partial<PodSpec>, Partial<PodSpec>, ("requests" | "security")[]]>([
    ["a limit", {}, { containers: [{ ...main, ...limits }] }, ["requests"]],
    ["another claim", { volumes: claim("a") }, { volumes: claim("b") }, ["requests"]],
    ["no resources, or empty ones", {}, { containers: [{ ...main, resources: {} }] }, []],
    ["an image", {}, { containers: [{ ...main, image: "app:ok-2" }] }, []],
    ["the pod's security context", {}, { securityContext: { runAsNonRoot: true } }, ["security"]],
    [
      "a container's security context",
      {},
      { containers: [{ ...main, securityContext: { privileged: true } }] },
      ["security"],
    ],
    ["empty security contexts", {}, { securityContext: {}, containers: [{ ...main, securityContext: {} }] }, []],
    ["the node's network", {}, { hostNetwork: true }, ["security"]],
    ["the node's processes", {}, { hostPID: true }, ["security"]],
    ["the node's IPC", {}, { hostIPC: true }, ["security"]],
    ["none of the three, said aloud", {}, { hostNetwork: false, hostPID: false, hostIPC: false }, []],
    [
      "another kind of volume",
      { volumes: [{ name: "v", emptyDir: {} }] },
      { volumes: [{ name: "v", hostPath: { path: "/" } }] },
      ["security"],
    ],
    [
      "the order of a volume's fields",
      { volumes: [{ name: "v", emptyDir: {} }] },
      { volumes: [{ emptyDir: {}, name: "v" }] },
      [],
    ],
  ])("%s", (_name, before, after, want) => {
    const [one, other] = [content(before).admission, content(after).admission];
    expect((["requests", "security"] as const).filter((part) => one[part] !== other[part])).toEqual(want);
  });
});

describe("templateFacts", () => {
  it("of a bare template: the API server's defaults", () => {
    expect(facts({})).toMatchObject({
      gated: false,
      startupAllowanceMs: 0,
      gracePeriodMs: 30_000,
      nodeName: "",
      nodeSelector: {},
      tolerations: [],
      hostNetwork: false,
      schedulerName: "default-scheduler",
    });
    expect(facts({})).not.toHaveProperty("affinityTerms");
    expect(templateFacts({}, 0, SALT)).toMatchObject({ gated: false, startupAllowanceMs: 0, gracePeriodMs: 30_000 });
  });

  it("of one that says where its pods may run", () => {
    const nodeSelectorTerms = [{ matchExpressions: [{ key: "gpu", operator: "Exists" }] }];
    const where = {
      nodeName: "n1",
      nodeSelector: { pool: "a" },
      tolerations: [{ operator: "Exists" }],
      hostNetwork: true,
      schedulerName: "other",
    };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
    expect(facts({ ...where, affinity })).toMatchObject({ ...where, affinityTerms: nodeSelectorTerms });
    for (const none of [{}, { nodeAffinity: {} }])
      expect(facts({ affinity: none })).not.toHaveProperty("affinityTerms");
  });

  it.each<[string, Container["startupProbe"][], number]>([
    ["none", [], 0],
    ["one without numbers", [{}], 30_000],
    ["one that waits first", [{ initialDelaySeconds: 7 }], 37_000],
    ["one with numbers of its own", [{ initialDelaySeconds: 5, periodSeconds: 20, failureThreshold: 30 }], 605_000],
    ["the longest of several", [undefined, { periodSeconds: 60 }, {}], 180_000],
  ])("start-up allowance, %s", (_name, probes, want) => {
    const containers = probes.map((startupProbe, index) => ({
      name: `c${index}`,
      ...(startupProbe && { startupProbe }),
    }));
    expect(facts({ containers }).startupAllowanceMs).toBe(want);
  });

  it("is gated as soon as one container has a readinessProbe", () => {
    expect(facts({ containers: [main, { name: "side", readinessProbe: {} }] }).gated).toBe(true);
    expect(facts({}, 1).gated).toBe(true);
  });
});

describe("exactHash", () => {
  it("tells a restart from the template before it, unlike the template's hash", () => {
    const plain = { spec: { containers: [main] } };
    const restarted = { ...plain, metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "x" } } };
    expect(exactHash(restarted)).not.toBe(exactHash(plain));
  });
});
