import { describe, expect, it } from "vitest";
import { literalsOf, namesOf, podMask, templateMask } from "./pod-literals.ts";

describe("literalsOf", () => {
  it("none where there is no spec, or nothing in it", () => {
    expect(literalsOf(undefined)).toEqual([]);
    expect(literalsOf({ containers: [{ name: "main" }] })).toEqual([]);
  });

  it("values of variables, line by line, init containers included", () => {
    expect(
      literalsOf({
        initContainers: [{ name: "prepare", env: [{ name: "A", value: "first" }] }],
        containers: [
          {
            name: "main",
            env: [
              { name: "B", value: "one\ntwo" },
              { name: "C", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
            ],
          },
        ],
      }),
    ).toEqual(["first", "one", "two"]);
  });

  it.each<[string, string[]]>([
    ["--token=abc", ["abc"]],
    ["-t=abc", ["abc"]],
    ["--token=", [""]],
    ["--token=a=b", ["a=b"]],
    ["--pem=line\nnext", ["line", "next"]],
    ["--verbose", []],
    ["-v", []],
    ["run", ["run"]],
    ["key=value", ["key=value"]],
    ["one\ntwo", ["one", "two"]],
    ["---odd=abc", ["abc"]],
    ["say --token=abc", ["say --token=abc"]],
  ])("argument %j", (argument, want) => {
    expect(literalsOf({ containers: [{ name: "main", args: [argument] }] })).toEqual(want);
  });

  it("no command: a message has to name it", () => {
    expect(literalsOf({ containers: [{ name: "main", command: ["/bin/agent-9f8e7d"] }] })).toEqual([]);
  });
});

describe("namesOf", () => {
  it("everything in a pod that only names", () => {
    expect(
      namesOf({
        metadata: { name: "agent-x7k2p", namespace: "kube-system" },
        spec: {
          nodeName: "n1",
          serviceAccountName: "agent",
          initContainers: [{ name: "prepare", image: "busybox:1" }],
          containers: [{ name: "main", image: "app:1", command: ["/agent", "run"] }],
          volumes: [
            { name: "tls", secret: { secretName: "cert" } },
            { name: "conf", configMap: { name: "settings" } },
          ],
        },
      }),
    ).toEqual([
      "prepare",
      "busybox:1",
      "main",
      "app:1",
      "/agent",
      "run",
      "tls",
      "cert",
      "",
      "conf",
      "",
      "settings",
      "agent-x7k2p",
      "kube-system",
      "n1",
      "agent",
    ]);
  });

  it("of nothing", () => {
    expect(namesOf({}).join("")).toBe("");
    expect(namesOf({ spec: { containers: [{ name: "main" }] } }).join("")).toBe("main");
  });
});

describe("masks", () => {
  const spec = {
    containers: [
      { name: "main", image: "registry.example.com/App9Secret:1", env: [{ name: "A", value: "Hunter2Very" }] },
      { name: "side", env: [{ name: "B", value: "App9Secret" }] },
    ],
  };
  const said = "pulling registry.example.com/App9Secret:1 failed with Hunter2Very";

  it("a value goes, unless it is part of a name", () => {
    expect(podMask({ spec })(said)).toBe("pulling registry.example.com/App9Secret:1 failed with [value]");
    expect(podMask({})(said)).toBe(said);
  });

  it("of a template: by its pods' spec and the DaemonSet's own name", () => {
    const template = { spec: { ...spec, containers: [...spec.containers, { name: "own", args: ["Agent7Name"] }] } };
    const mask = templateMask({ metadata: { name: "Agent7Name-x" }, spec: { selector: {}, template } });
    expect(mask(`Agent7Name-x: ${said}`)).toBe(`Agent7Name-x: ${podMask({ spec })(said)}`);
    expect(templateMask({})(said)).toBe(said);
    expect(templateMask({ spec: { selector: {}, template: {} } })(said)).toBe(said);
  });

  it("cuts what is longer than 1024 characters", () => {
    expect(podMask({})("x ".repeat(600))).toHaveLength(1024);
  });
});
