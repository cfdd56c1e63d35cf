import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { build, CannotBuild } from "./build.ts";
import { ClusterProblem } from "./problem.ts";

let base: string;
let logged: string[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "operarius-build-"));
  logged = [];
  mkdirSync(join(base, "module"));
  mkdirSync(join(base, "bin"));
  writeModule("v1.99.1");
});
afterEach(() => rmSync(base, { recursive: true }));

function writeModule(version: string, sum = "one"): void {
  writeFileSync(join(base, "module", "go.mod"), `go 1.25.0\nrequire k8s.io/kubernetes ${version}\n`);
  writeFileSync(join(base, "module", "go.sum"), sum);
}

/** A go that notes how it was called and, asked to build, does what `onBuild` (shell) says; $out is the file to write. */
function installGo(onBuild: string): void {
  const file = join(base, "bin", "go");
  const script = `#!/bin/sh
echo "$*" >> "${base}/calls"
[ "$1" = env ] && exit 0
while [ "$1" != -o ]; do shift; done
out=$2
${onBuild}
`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

function builds(): number {
  const file = join(base, "calls");
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("build")).length
    : 0;
}

function run(programs: Parameters<typeof build>[0]["programs"], path = usualPath()) {
  return build({
    programs,
    env: { PATH: path, XDG_CACHE_HOME: join(base, "cache") },
    moduleDirectory: join(base, "module"),
    log: (line) => void logged.push(line),
  });
}

function usualPath(): string {
  return [join(base, "bin"), "/usr/bin", "/bin"].join(delimiter);
}

const cache = (version = "v1.99.1"): string => join(base, "cache", "operarius", `k8s-${version}`);
const works = 'echo program > "$out"';

test("builds what is missing, once, and says which release it is", async () => {
  installGo(works);
  await expect(run(["etcd", "kube-apiserver"])).resolves.toEqual({ version: "v1.99.1", directory: cache() });
  expect(logged[0]).toContain("building Kubernetes v1.99.1");
  expect(builds()).toBe(2);
  await run(["etcd", "kube-apiserver", "kube-scheduler"]);
  expect(builds()).toBe(3);
});

test("a build that failed half way is taken up again, and leaves nothing that could be mistaken for a program", async () => {
  installGo(
    `case "$out" in *etcd*) ${works};; *) echo half > "$out"; echo "write: no space left on device" >&2; exit 1;; esac`,
  );
  await expect(run(["etcd", "kube-apiserver"])).rejects.toThrow(/kube-apiserver could not be built.*disk is full/);
  expect(readdirSync(cache()).sort()).toEqual(["etcd", "etcd.size", "recipe"]);
  installGo(works);
  await run(["etcd", "kube-apiserver"]);
  expect(builds()).toBe(3);
});

test("what a killed build has left is removed", async () => {
  installGo(works);
  await run(["etcd"]);
  writeFileSync(join(cache(), `.kube-apiserver.${2 ** 30}`), "half");
  await run(["etcd"]);
  expect(readdirSync(cache()).sort()).toEqual(["etcd", "etcd.size", "recipe"]);
});

test("a program that was cut off in the cache is built again, and that is said", async () => {
  installGo(works);
  await run(["etcd", "kube-apiserver"]);
  writeFileSync(join(cache(), "etcd"), "pro");
  await run(["etcd", "kube-apiserver"]);
  expect(logged.join("\n")).toContain("etcd is damaged: 3 bytes instead of 8; it is built again");
  expect(readFileSync(join(cache(), "etcd"), "utf8")).toBe("program\n");
  expect(builds()).toBe(3);
});

test.each([
  ["no way to the modules", 'echo "module lookup disabled by GOPROXY=off" >&2; exit 1', CannotBuild],
  ["a full disk", 'echo "no space left on device" >&2; exit 1', ClusterProblem],
])("only with %s would another release help", async (_, onBuild, kind) => {
  installGo(onBuild);
  const error: unknown = await run(["etcd"]).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(kind);
  expect(error instanceof CannotBuild).toBe(kind === CannotBuild);
});

test("another recipe of the same release is built anew", async () => {
  installGo(works);
  await run(["etcd"]);
  writeModule("v1.99.1", "two");
  await run(["etcd"]);
  expect(builds()).toBe(2);
});

test.each([
  ["dial tcp: lookup nowhere: no such host", /could not be downloaded.*GOPROXY/],
  ["go: go.mod requires go >= 1.25.0", /Go is too old/],
  ["signal: killed", /lack of memory/],
  ["undefined: x", /What go says:\nundefined: x/],
])("go fails with %j: the way out is named", async (words, message) => {
  installGo(`echo ${JSON.stringify(words)} >&2; exit 1`);
  await expect(run(["etcd"])).rejects.toThrow(message);
});

test("without go, what to install is named, with the version and the alternative", async () => {
  const running = run(["etcd"], join(base, "nothing"));
  await expect(running).rejects.toThrow(/no go in the PATH\. Install Go 1\.25\.0 or newer.*KUBEBUILDER_ASSETS/);
});
