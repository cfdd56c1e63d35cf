import { describe, expect, it } from "vitest";
import type { LookFlags } from "./look-config.ts";
import { readLookConfig } from "./look-config.ts";

function read(words: string[], flags: LookFlags = {}, env: Record<string, string> = {}) {
  return readLookConfig({ words, flags, env, command: "operarius diagnose" });
}

describe("what is looked at", () => {
  it.each([
    [[], { allNamespaces: true }, { kind: "many", namespace: undefined, labelSelector: undefined }],
    [["daemonsets"], { allNamespaces: true }, { kind: "many", namespace: undefined, labelSelector: undefined }],
    [[], { namespace: "x" }, { kind: "many", namespace: "x", labelSelector: undefined }],
    [[], { namespace: "x", selector: "app=a" }, { kind: "many", namespace: "x", labelSelector: "app=a" }],
    [["daemonset"], { namespace: "x", selector: "app=a" }, { kind: "many", namespace: "x", labelSelector: "app=a" }],
    [["daemonset", "agent"], { namespace: "x" }, { kind: "one", namespace: "x", name: "agent" }],
    [["ds", "agent"], { namespace: "x" }, { kind: "one", namespace: "x", name: "agent" }],
  ] as [string[], LookFlags, object][])("%j %j", (words, flags, scope) => {
    expect(read(words, flags)).toMatchObject({ config: { scope } });
  });

  it("one may come from the alert", () => {
    const env = { OPENFERO_NAMESPACE: "x", OPENFERO_DAEMONSET: "agent" };
    expect(read(["daemonset"], {}, env)).toMatchObject({
      config: { scope: { kind: "one", namespace: "x", name: "agent" } },
    });
    expect(read([], { allNamespaces: true }, env)).toMatchObject({ config: { scope: { namespace: undefined } } });
  });
});

describe("what cannot be meant", () => {
  it.each([
    [[], {}, ["nothing to look at is given", "-A", "-n NAMESPACE", "daemonset NAME"]],
    [["daemonset", "agent"], { allNamespaces: true }, ['-A looks at every DaemonSet, and "agent" names one']],
    [[], { allNamespaces: true, namespace: "x" }, ["-A is all namespaces and -n is one"]],
    [["daemonset", "agent"], { namespace: "x", selector: "a=b" }, ['-l selects DaemonSets, and "agent" names one']],
    [["deployment", "agent"], { namespace: "x" }, ['there is no remedy for "deployment"', "daemonset NAME"]],
    [["daemonset", "a", "b"], { namespace: "x" }, ["one name is enough", '"b"']],
    [["daemonset"], { namespace: "x" }, ["no DaemonSet is given"]],
    [["daemonset", "agent"], {}, ["no namespace is given"]],
    [[], { namespace: "" }, ["namespace is empty"]],
    [[], { namespace: "a/b" }, ['"a/b" is not the name of a namespace']],
    [[], { allNamespaces: true, selector: " " }, ["the selector is empty"]],
    [[], { allNamespaces: true, output: "yaml" }, ['--output is "yaml"']],
    [[], { allNamespaces: true, pace: "quick", rollback: "x" }, ["--pace", "--rollback"]],
  ] as [string[], LookFlags, string[]][])("%j %j", (words, flags, says) => {
    const answer = read(words, flags);
    if (!("problems" in answer)) throw new Error("taken for a configuration");
    for (const each of says) expect(answer.problems.join("\n")).toContain(each);
  });
});

it("policies are the installation's unless a flag says something about them", () => {
  const policiesOf = (flags: LookFlags) => {
    const answer = read([], { allNamespaces: true, ...flags });
    return "config" in answer ? answer.config.policies : undefined;
  };
  expect(policiesOf({})).toBeUndefined();
  expect(policiesOf({ pace: "fast" })).toBeUndefined();
  expect(policiesOf({ rollback: "auto" })).toMatchObject({ rollback: "auto", delete: "on", strategy: "guided" });
});
