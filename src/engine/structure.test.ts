import type { Container, PodSpec, Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { structureOf } from "./structure.ts";

function mounts(...names: string[]): Container {
  return { name: "main", volumeMounts: names.map((name) => ({ name, mountPath: `/in/${name}` })) };
}

function hostPath(name: string, path: string): Volume {
  return { name, hostPath: { path } };
}

const ephemeral = (storage?: string): Volume => ({
  name: "e",
  ephemeral: { volumeClaimTemplate: { spec: storage ? { resources: { requests: { storage } } } : {} } },
});

describe("structureOf", () => {
  it("of nothing, and of containers that say nothing, is nothing", () => {
    const nothing = {
      hostPaths: [],
      hostPorts: [],
      hostNetwork: false,
      privileged: false,
      capabilities: [],
      scratchBytes: 0,
    };
    expect(structureOf(undefined)).toEqual(nothing);
    expect(structureOf({ containers: [{ name: "main" }] })).toEqual(nothing);
    expect(structureOf({ containers: [{ name: "main", securityContext: { capabilities: {} } }] })).toEqual(nothing);
  });

  it("adds up what all containers do, init containers included, sorted and each once", () => {
    const spec: PodSpec = {
      hostNetwork: true,
      volumes: [
        hostPath("b", "/b"),
        hostPath("a", "/a"),
        hostPath("c", "/c"),
        { name: "x", emptyDir: { sizeLimit: "1Ki" } },
      ],
      initContainers: [
        {
          ...mounts("c"),
          ports: [{ containerPort: 9000 }],
          securityContext: { privileged: true, capabilities: { add: ["SYS_ADMIN", "NET_ADMIN"] } },
        },
      ],
      containers: [
        { ...mounts("b", "a", "x"), ports: [{ containerPort: 80 }, { containerPort: 9000, hostPort: 9000 }] },
        { name: "side", securityContext: { privileged: false, capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } } },
      ],
    };
    const written = (path: string) => ({ path, writable: true, bidirectional: false });
    expect(structureOf(spec)).toEqual({
      hostPaths: [written("/a"), written("/b"), written("/c")],
      hostPorts: [80, 9000],
      hostNetwork: true,
      privileged: true,
      capabilities: ["NET_ADMIN", "SYS_ADMIN"],
      scratchBytes: 1024,
    });
  });

  it("outside of the node's network only hostPorts are ports of the node", () => {
    const ports = [{ containerPort: 80 }, { containerPort: 8080, hostPort: 443 }, { containerPort: 1, hostPort: 0 }];
    expect(structureOf({ containers: [{ name: "main", ports }] }).hostPorts).toEqual([443]);
  });

  it("ports by number, not by their letters", () => {
    const ports = [100, 20, 3].map((hostPort) => ({ containerPort: 1, hostPort }));
    expect(structureOf({ containers: [{ name: "main", ports }] }).hostPorts).toEqual([3, 20, 100]);
  });

  it.each<[string, string, string]>([
    ["slashes", "//opt///cni/bin/", "/opt/cni/bin"],
    ["the node's root", "/", "/"],
    ["the root, twice", "//", "/"],
    ["a plain one", "/opt/cni", "/opt/cni"],
  ])("path with %s", (_name, path, want) => {
    const { hostPaths } = structureOf({ volumes: [hostPath("v", path)], containers: [mounts("v")] });
    expect(hostPaths.map((each) => each.path)).toEqual([want]);
  });

  it.each<[string, object, object, boolean, boolean]>([
    ["both read", { readOnly: true }, { readOnly: true }, false, false],
    ["the first writes", {}, { readOnly: true }, true, false],
    ["the second writes", { readOnly: true }, { readOnly: false }, true, false],
    ["the first shares", { readOnly: true, mountPropagation: "Bidirectional" }, { readOnly: true }, false, true],
    ["the second shares", { readOnly: true }, { readOnly: true, mountPropagation: "Bidirectional" }, false, true],
    ["none shares", { readOnly: true, mountPropagation: "HostToContainer" }, { readOnly: true }, false, false],
  ])("one path by two volumes, or two mounts of one: %s", (_name, first, second, writable, bidirectional) => {
    const want = [{ path: "/data", writable, bidirectional }];
    const mount = (name: string, how: object) => ({ name, mountPath: `/in/${name}`, ...how });
    const twoVolumes = {
      volumes: [hostPath("a", "/data"), hostPath("b", "/data/")],
      containers: [{ name: "main", volumeMounts: [mount("a", first), mount("b", second)] }],
    };
    const twoMounts = {
      volumes: [hostPath("a", "/data")],
      containers: [{ name: "main", volumeMounts: [mount("a", first), mount("a", second)] }],
    };
    expect(structureOf(twoVolumes).hostPaths).toEqual(want);
    expect(structureOf(twoMounts).hostPaths).toEqual(want);
  });

  it.each<[string, Volume[], string[], number]>([
    [
      "the largest that is mounted",
      [{ name: "x", emptyDir: { sizeLimit: "2Ki" } }, ephemeral("3Ki")],
      ["x", "e"],
      3072,
    ],
    ["the other way round", [{ name: "x", emptyDir: { sizeLimit: "4Ki" } }, ephemeral("3Ki")], ["x", "e"], 4096],
    [
      "what nothing mounts does not count",
      [{ name: "x", emptyDir: { sizeLimit: "4Ki" } }, ephemeral("3Ki")],
      ["e"],
      3072,
    ],
    ["a claim that does not say its size", [ephemeral()], ["e"], 0],
    ["a claim without a template", [{ name: "e", ephemeral: {} }], ["e"], 0],
    ["a volume of another kind", [hostPath("v", "/data")], ["v"], 0],
  ])("scratch space: %s", (_name, volumes, mounted, want) => {
    expect(structureOf({ volumes, containers: [mounts(...mounted)] }).scratchBytes).toBe(want);
  });
});
