import { describe, expect, test } from "vitest";
import { complaints, confinementFrom } from "./confinement.ts";

const status = (fields: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    Name: "node",
    Uid: "65532\t65532\t65532\t65532",
    Gid: "65532\t65532\t65532\t65532",
    CapInh: "0000000000000000",
    CapPrm: "0000000000000000",
    CapEff: "0000000000000000",
    CapBnd: "0000000000000000",
    CapAmb: "0000000000000000",
    NoNewPrivs: "1",
    Seccomp: "2",
    ...fields,
  })
    .map(([name, value]) => `${name}:\t${value}`)
    .join("\n");

const mounts = (options: string): string =>
  [
    `1081 990 0:99 / / ${options},relatime - overlay overlay rw,lowerdir=x`,
    "1082 1081 0:101 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw",
  ].join("\n");

describe("complaints", () => {
  test("none about a process as the manifests want it", () => {
    expect(complaints(confinementFrom("node", status(), mounts("ro")))).toEqual([]);
  });

  test.each([
    ["root", { Uid: "0\t0\t0\t0" }, "ro", "node runs as 0:65532"],
    ["a capability in any set", { CapBnd: "00000000a80425fb" }, "ro", "node has capabilities 0xa80425fb"],
    ["privileges to gain", { NoNewPrivs: "0" }, "ro", "node may gain privileges"],
    ["no filter", { Seccomp: "0" }, "ro", "node has no seccomp filter"],
    ["a root that can be written", {}, "rw", "node may write to its root (rw,relatime)"],
  ])("%s", (_, fields, options, words) => {
    expect(complaints(confinementFrom("node", status(fields), mounts(options)))).toEqual([words]);
  });

  test("a status without a field that matters is an error, not a pass", () => {
    expect(() => confinementFrom("node", status().replace("NoNewPrivs", "Other"), mounts("ro"))).toThrow("NoNewPrivs");
  });

  test("a process without a root mount has no read-only root", () => {
    expect(complaints(confinementFrom("node", status(), ""))).toEqual(["node may write to its root ()"]);
  });
});
