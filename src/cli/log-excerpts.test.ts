import type { Pod } from "kubernetes-types/core/v1";
import { expect, it } from "vitest";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import type { Diagnosis, Finding } from "../engine/types.ts";
import { StatusError } from "../kube/errors.ts";
import { pods } from "../kube/resources.ts";
import type { Kube, LogOptions } from "../kube/types.ts";
import { createLogExcerpts, excerptLines } from "./log-excerpts.ts";

const target = { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
const secret = "Zx9kQ2mW7pL4T";

function finding(overrides: Partial<Finding> = {}): Finding {
  return {
    cause: "C05",
    reason: "CrashLoop",
    message: "It crashes.",
    evidence: [],
    pods: ["agent-1"],
    nodes: [],
    commands: [],
    ...overrides,
  };
}

function ill(first: Finding): Diagnosis {
  return { kind: "unhealthy", reason: first.reason, message: first.message, findings: [first] };
}

/** A cluster with one pod that has crashed, whose log is `log`. */
async function scene(log: string | Error): Promise<{ kube: Kube; asked: LogOptions[] }> {
  const kube = createMemoryKube();
  const status = { restartCount: 4, image: "a", imageID: "", ready: false };
  await kube.create(pods, {
    metadata: { name: "agent-1", namespace: "kube-system" },
    spec: { containers: [{ name: "main", image: "app", env: [{ name: "PIN", value: secret }] }, { name: "well" }] },
    status: {
      containerStatuses: [
        { ...status, name: "main" },
        { ...status, name: "well", restartCount: 0 },
      ],
    },
  } satisfies Pod);
  const asked: LogOptions[] = [];
  const logs = (_pod: object, options: LogOptions = {}): Promise<string> => {
    asked.push(options);
    return typeof log === "string" ? Promise.resolve(log) : Promise.reject(log);
  };
  return { kube: { ...kube, logs }, asked };
}

it("reads the last lines of the container that crashed, redacted and bounded", async () => {
  const { kube, asked } = await scene(`one\ntwo\n\npassword=hunter2 ${secret}\n${"x".repeat(500)}\n`);
  const excerpts = createLogExcerpts(kube, target, 3);
  excerpts.onLook(ill(finding()));
  excerpts.onLook(ill(finding()));
  const read = await excerpts.read();
  expect(asked).toMatchObject([{ container: "main", previous: true, tailLines: 3, limitBytes: 65_536 }]);
  expect(read).toEqual([
    {
      pod: "agent-1",
      container: "main",
      lines: ["two", "password=[redacted] [value]", `${"x".repeat(199)}…`],
    },
  ]);
  expect(excerptLines(read ?? [])).toEqual([
    "log of agent-1, container main:",
    "  | two",
    "  | password=[redacted] [value]",
    `  | ${"x".repeat(199)}…`,
  ]);
});

it.each<[string, number, Diagnosis]>([
  ["nobody asked", 0, ill(finding())],
  ["no pod is named", 5, ill(finding({ cause: "C30", pods: [] }))],
  ["all is well", 5, { kind: "healthy", reason: "Healthy", message: "All is well." }],
])("reads nothing when %s", async (_name, most, diagnosis) => {
  const { kube, asked } = await scene("x");
  const excerpts = createLogExcerpts(kube, target, most);
  excerpts.onLook(diagnosis);
  expect(await excerpts.read()).toBeUndefined();
  expect(asked).toEqual([]);
});

it("reads nothing of a container that did not crash", async () => {
  const { kube, asked } = await scene("x");
  const [stored] = (await kube.list(pods)).items;
  if (stored === undefined) throw new Error("no pod");
  await kube.replaceStatus(pods, { ...stored, status: { containerStatuses: [] } });
  const excerpts = createLogExcerpts(kube, target, 5);
  excerpts.onLook(ill(finding({ cause: "C01", reason: "ImageNotFound" })));
  expect(await excerpts.read()).toEqual([]);
  expect(asked).toEqual([]);
});

it("reads at most three pods, also where one node is to blame", async () => {
  const { kube } = await scene("x");
  const excerpts = createLogExcerpts(kube, target, 1);
  const message = "Only n1: container main keeps ending: exit code 1.";
  excerpts.onLook(ill(finding({ cause: "C04", reason: "OneNodeOnly", message, pods: ["agent-1", "b", "c", "d"] })));
  expect(await excerpts.read()).toEqual([
    { pod: "agent-1", container: "main", lines: ["x"] },
    { pod: "b", container: "", notEvaluated: "not evaluated: no log is there" },
    { pod: "c", container: "", notEvaluated: "not evaluated: no log is there" },
  ]);
});

it.each<[string, Error, RegExp]>([
  [
    "the right is missing",
    new StatusError({ code: 403, reason: "Forbidden", message: "no" }),
    /do not include pods\/log/,
  ],
  ["there is none", new StatusError({ code: 400, reason: "BadRequest", message: "no previous" }), /no log is there/],
  ["the node does not answer", new Error("connection refused"), /connection refused/],
])("says why when %s", async (_name, error, says) => {
  const { kube } = await scene(error);
  const excerpts = createLogExcerpts(kube, target, 2);
  excerpts.onLook(ill(finding()));
  const [first] = (await excerpts.read()) ?? [];
  expect(first?.notEvaluated).toMatch(says);
  expect(first).not.toHaveProperty("lines");
});
