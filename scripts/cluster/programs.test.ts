import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findPrograms } from "./programs.ts";

let base: string;
let logged: string[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "operarius-programs-"));
  logged = [];
  for (const name of ["assets", "bin", "module"]) mkdirSync(join(base, name));
  writeFileSync(join(base, "module", "go.mod"), "go 1.25.0\nrequire k8s.io/kubernetes v1.35.4\n");
  writeFileSync(join(base, "module", "go.sum"), "");
});
afterEach(() => rmSync(base, { recursive: true }));

function installAssets(version: string, except: readonly string[] = []): void {
  for (const program of ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"])
    if (!except.includes(program)) install(join("assets", program), `echo Kubernetes ${version}`);
}

function install(file: string, script: string): void {
  writeFileSync(join(base, file), `#!/bin/sh\n${script}\n`);
  chmodSync(join(base, file), 0o755);
}

function find(options: { assets?: boolean; allowOld?: boolean; path?: string } = {}) {
  const { assets = true, allowOld, path = join(base, "bin") } = options;
  return findPrograms({
    env: {
      PATH: path,
      XDG_CACHE_HOME: join(base, "cache"),
      ...(assets && { KUBEBUILDER_ASSETS: join(base, "assets") }),
    },
    moduleDirectory: join(base, "module"),
    log: (line) => void logged.push(line),
    ...(allowOld !== undefined && { allowOld }),
  });
}

test("the user's programs come first, and nothing is built", async () => {
  installAssets("v1.34.1");
  await expect(find()).resolves.toMatchObject({
    version: "v1.34.1",
    origin: `KUBEBUILDER_ASSETS ${join(base, "assets")}`,
  });
  expect(logged).toEqual([]);
});

test.each(["etcd", "kube-apiserver"])("without %s they are refused, with the way out", async (program) => {
  installAssets("v1.34.1", [program]);
  await expect(find()).rejects.toThrow(new RegExp(`there is no ${program} that can be run.*unset it`));
});

test("what is only usual to be missing is built; where it cannot be, go is named", async () => {
  installAssets("v1.35.1", ["kubectl", "kube-scheduler"]);
  await expect(find()).rejects.toThrow(/there is no go in the PATH/);
  install(join("bin", "go"), `[ "$1" = env ] && exit 0; while [ "$1" != -o ]; do shift; done; echo built > "$2"`);
  install(join("bin", "nice"), `shift 2; exec "$@"`);
  const { origin, paths } = await find({ path: `${join(base, "bin")}:/usr/bin:/bin` });
  expect(origin).toContain("kube-scheduler, kubectl v1.35.4 from");
  expect(existsSync(paths.kubectl)).toBe(true);
  expect(paths.etcd).toBe(join(base, "assets", "etcd"));
});

test("programs that do not run here are named", async () => {
  installAssets("v1.35.1");
  writeFileSync(join(base, "assets", "kube-apiserver"), "\u007fELF cut off");
  await expect(find()).rejects.toThrow(/kube-apiserver does not run here/);
});

test("an old release of the user's needs the user's word, and is announced loudly", async () => {
  installAssets("v1.20.2");
  await expect(find()).rejects.toThrow(/v1\.20\.2; 1\.27.*--allow-old-kubernetes/);
  await expect(find({ allowOld: true })).resolves.toMatchObject({ version: "v1.20.2" });
  expect(logged).toEqual(["WARNING: THIS IS KUBERNETES v1.20.2, older than the oldest supported release (1.27)."]);
});

test("where the pinned release cannot be built, the flag for the old one is named", async () => {
  await expect(find({ assets: false })).rejects.toThrow(
    /no go in the PATH.*\nWith --allow-old-kubernetes, Kubernetes 1\.20\.2/,
  );
});

test("allowed, the old release is taken as it was built before", async () => {
  const directory = join(base, "cache", "operarius", "k8s-v1.20.2-debian");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "kube-apiserver"), "#!/bin/sh\necho Kubernetes v1.20.2\n");
  chmodSync(join(directory, "kube-apiserver"), 0o755);
  const found = await find({ assets: false, allowOld: true });
  expect(found).toMatchObject({ version: "v1.20.2", origin: `OLD RELEASE, built from Debian's source, ${directory}` });
  expect(logged.at(-1)).toContain("WARNING: THIS IS KUBERNETES v1.20.2");
});

test("allowed, but without Debian's tools: they are named", async () => {
  const finding = find({ assets: false, allowOld: true });
  await expect(finding).rejects.toThrow(/no apt-get, dpkg-deb, dpkg-source, gpgv, nice in the PATH/);
  expect(logged[0]).toContain("no go in the PATH");
});
