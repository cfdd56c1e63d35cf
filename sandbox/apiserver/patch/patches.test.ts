import { describe, expect, test } from "vitest";
import type { KubeObject } from "../object.ts";
import { applyConfig } from "./apply.ts";
import { compare, minus, union } from "./field-set.ts";
import { jsonPatch } from "./json-patch.ts";
import type { Author } from "./managed-fields.ts";
import { trackUpdate } from "./managed-fields.ts";
import { mergePatch } from "./merge-patch.ts";
import { strategicPatch } from "./strategic-patch.ts";

const podStruct = "core.v1.Pod";

describe("strategic merge patch", () => {
  const pod = {
    metadata: { labels: { a: "1", b: "2" }, finalizers: ["x/1"] },
    spec: {
      containers: [
        {
          name: "one",
          image: "i:1",
          env: [{ name: "A", value: "1" }],
          ports: [{ containerPort: 80, protocol: "TCP" }],
        },
        { name: "two", image: "i:2" },
      ],
      tolerations: [{ key: "old" }],
      volumes: [{ name: "v", emptyDir: {} }],
    },
  };
  const spec = (patch: object) => (strategicPatch(pod, { spec: patch }, podStruct) as typeof pod).spec;

  test("merges containers by name, env by name and ports by number", () => {
    const patched = spec({
      containers: [
        { name: "one", image: "i:3", env: [{ name: "B", value: "2" }], ports: [{ containerPort: 80, name: "web" }] },
      ],
    });
    expect(patched.containers).toEqual([
      {
        name: "one",
        image: "i:3",
        env: [
          // What is new comes before what the patch does not name, as kube-apiserver has it.
          { name: "B", value: "2" },
          { name: "A", value: "1" },
        ],
        ports: [{ containerPort: 80, protocol: "TCP", name: "web" }],
      },
      { name: "two", image: "i:2" },
    ]);
  });

  test.each([
    ["replaces atomic lists", { tolerations: [{ key: "new" }] }, { tolerations: [{ key: "new" }] }],
    ["deletes an item", { containers: [{ name: "two", $patch: "delete" }] }, { containers: [pod.spec.containers[0]] }],
    [
      "replaces a list",
      { containers: [{ $patch: "replace" }, { name: "new", image: "i" }] },
      { containers: [{ name: "new", image: "i" }] },
    ],
    [
      "replaces a map",
      { volumes: [{ name: "v", emptyDir: { $patch: "replace", medium: "Memory" } }] },
      { volumes: [{ name: "v", emptyDir: { medium: "Memory" } }] },
    ],
    [
      "keeps only the named keys",
      { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/" } }] },
      { volumes: [{ name: "v", hostPath: { path: "/" } }] },
    ],
    [
      "removes with null",
      { volumes: [{ name: "v", emptyDir: null, hostPath: { path: "/" } }] },
      { volumes: [{ name: "v", hostPath: { path: "/" } }] },
    ],
  ])("%s", (_, patch, want) => {
    expect(spec(patch)).toMatchObject(want);
  });

  test("orders items as told, also without touching them", () => {
    const names = (patch: object) => spec(patch).containers.map((one) => one.name);
    expect(names({ "$setElementOrder/containers": [{ name: "two" }, { name: "one" }] })).toEqual(["two", "one"]);
    expect(
      names({
        "$setElementOrder/containers": [{ name: "new" }, { name: "two" }, { name: "one" }],
        containers: [{ name: "new" }],
      }),
    ).toEqual(["new", "two", "one"]);
  });

  test("treats finalizers as a set", () => {
    const finalizers = (patch: object) =>
      (strategicPatch(pod, { metadata: patch }, podStruct) as typeof pod).metadata.finalizers;
    expect(finalizers({ finalizers: ["x/2"] })).toEqual(["x/2", "x/1"]);
    expect(finalizers({ "$deleteFromPrimitiveList/finalizers": ["x/1"] })).toEqual([]);
  });

  test("refuses items without their key and unknown directives", () => {
    expect(() => spec({ containers: [{ image: "i" }] })).toThrow("does not contain declared merge key: name");
    expect(() => spec({ $patch: "explode" })).toThrow("unknown patch type: explode in map: map[$patch:explode]");
  });
});

test("JSON merge patch follows RFC 7396", () => {
  expect(mergePatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null, e: { f: null } }, d: [2] })).toEqual({
    a: { c: 2, e: {} },
    d: [2],
  });
});

describe("JSON patch", () => {
  test("does not change its target, and answers 422 when it cannot be carried out", () => {
    const target = { a: { b: 1 } };
    expect(jsonPatch(target, [{ op: "replace", path: "/a/b", value: 2 }])).toEqual({ a: { b: 2 } });
    expect(target).toEqual({ a: { b: 1 } });
  });

  test.each([
    [{ op: "test", path: "/a/b", value: 9 }],
    [{ op: "remove", path: "/a/x" }],
    [{ op: "replace", path: "/x/y", value: 1 }],
    [{ op: "explode", path: "/a" }],
    [{ op: "add" }],
  ])("answers 422 to %j, and says no more", (operation) => {
    const words = "the server rejected our request due to an error in our request";
    expect(() => jsonPatch({ a: { b: 1 } }, [operation])).toThrow(words);
  });

  test("replaces what was not there, in a parent that is", () => {
    expect(jsonPatch({ a: {} }, [{ op: "replace", path: "/a/b", value: 2 }])).toEqual({ a: { b: 2 } });
  });
});

function set(image: string, extra: object = {}): KubeObject {
  const template = { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "app", image, ...extra }] } };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "x" },
    spec: { selector: { matchLabels: { app: "x" } }, template },
  };
}

const container = (fields: object) => ({
  "f:spec": { "f:template": { "f:spec": { "f:containers": { 'k:{"name":"app"}': fields } } } },
});
const author = (manager: string): Author & { hasStatus: boolean } => ({
  manager,
  apiVersion: "apps/v1",
  subresource: "",
  hasStatus: true,
});

describe("field sets", () => {
  test("name what a change sets and takes away", () => {
    const { set: changed, gone } = compare(set("i:2", { tty: true }), set("i:1", { stdin: true }), "apps.v1.DaemonSet");
    expect(changed).toEqual(container({ "f:image": {}, "f:tty": {} }));
    expect(gone).toEqual(container({ "f:stdin": {} }));
  });

  test("add and subtract", () => {
    expect(union({ a: { b: {} } }, { a: { c: {} } })).toEqual({ a: { b: {}, c: {} } });
    expect(minus({ a: { b: {}, c: {} }, d: {} }, { a: { b: {} }, d: {} })).toEqual({ a: { c: {} } });
    expect(minus({ a: { b: {} } }, { a: { b: {} } })).toEqual({});
  });
});

describe("managed fields", () => {
  test("move to whoever writes last", () => {
    const first = set("i:1");
    trackUpdate(first, undefined, author("kubectl-create"));
    const second = { ...set("i:2"), metadata: { ...first.metadata } };
    trackUpdate(second, first, author("helm"));
    expect(second.metadata.managedFields?.map((entry) => [entry.manager, entry.operation])).toEqual([
      ["helm", "Update"],
      ["kubectl-create", "Update"],
    ]);
    expect(second.metadata.managedFields?.[0]?.fieldsV1).toEqual(container({ "f:image": {} }));
    expect(JSON.stringify(second.metadata.managedFields?.[1]?.fieldsV1)).not.toContain("f:image");
  });

  test("can be cleared", () => {
    const first = set("i:1");
    trackUpdate(first, undefined, author("a"));
    const cleared = set("i:1");
    cleared.metadata.managedFields = [{} as never];
    trackUpdate(cleared, first, author("b"));
    expect(cleared.metadata.managedFields).toBeUndefined();
  });
});

describe("server-side apply", () => {
  const apply = (live: KubeObject, config: KubeObject, manager = "me") =>
    applyConfig(live, config, { ...author(manager), force: true });
  const containers = (object: KubeObject) =>
    (object.spec as { template: { spec: { containers: object[] } } }).template.spec.containers;

  test("merges by key and removes only what nobody else owns", () => {
    const first = apply(set("i:1"), set("i:1", { env: [{ name: "A", value: "1" }], tty: true }));
    expect(containers(first)).toEqual([{ name: "app", image: "i:1", env: [{ name: "A", value: "1" }], tty: true }]);
    const shared = apply(first, set("i:1", { tty: true }), "other");
    const second = apply(shared, set("i:2", { env: [{ name: "B", value: "2" }] }));
    expect(containers(second)).toEqual([{ name: "app", image: "i:2", env: [{ name: "B", value: "2" }], tty: true }]);
    // "other" changed nothing, and so has no time: it comes first.
    expect(second.metadata.managedFields?.map((entry) => [entry.manager, entry.operation])).toEqual([
      ["other", "Apply"],
      ["me", "Apply"],
    ]);
    expect(second.metadata.managedFields?.map(({ time }) => time === undefined)).toEqual([true, false]);
  });

  test("changes nothing when it is repeated", () => {
    const first = apply(set("i:1"), set("i:1", { tty: true }));
    expect(apply(first, set("i:1", { tty: true }))).toEqual(first);
  });
});
