import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { end, isAlive, launch } from "./processes.ts";
import type { ClusterRecord } from "./record.ts";
import { clearDirectory, endRecorded, locked, nodesName, readRecord, writeRecord } from "./record.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "operarius-record-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function record(overrides: Partial<ClusterRecord> = {}): ClusterRecord {
  return {
    version: "v1.35.4",
    origin: "here",
    url: "https://127.0.0.1:1",
    kubeconfig: "kubeconfig",
    auditLog: "audit.log",
    nodes: ["n1"],
    isReady: true,
    processes: [],
    ...overrides,
  };
}

function start(name: string) {
  const args = ["-e", "setInterval(() => {}, 1000)"];
  return launch({ name, file: process.execPath, args, env: {}, logFile: join(directory, `${name}.log`) });
}

test("what is written is read", () => {
  expect(readRecord(directory)).toBeUndefined();
  writeRecord(directory, record());
  expect(readRecord(directory)).toEqual(record());
});

test("a folder of ours is emptied, a missing one made", () => {
  writeRecord(directory, record());
  writeFileSync(join(directory, "left-over"), "");
  clearDirectory(directory);
  expect(readdirSync(directory)).toEqual([]);
  clearDirectory(join(directory, "a", "b"));
  expect(existsSync(join(directory, "a", "b"))).toBe(true);
});

test("somebody else's folder is refused and kept", async () => {
  writeFileSync(join(directory, "thesis.txt"), "");
  expect(() => clearDirectory(directory)).toThrow(/holds no cluster of ours.*--directory/);
  await expect(locked(directory, () => Promise.resolve())).rejects.toThrow(/holds no cluster of ours/);
  expect(readdirSync(directory)).toEqual(["thesis.txt"]);
});

test("a folder in which a cluster runs is refused and kept", async () => {
  const etcd = await start("etcd");
  writeRecord(directory, record({ processes: [etcd] }));
  try {
    expect(() => clearDirectory(directory)).toThrow(`etcd (pid ${etcd.pid})`);
    expect(readRecord(directory)).toBeDefined();
  } finally {
    await end([etcd]);
  }
});

test.each(["{", "", "null", "{}", '{"kubeconfig":"k","nodes":[],"processes":[{"pid":"1"}]}'])(
  "a record that says %j is named with the way out",
  (text) => {
    writeFileSync(join(directory, "cluster.json"), text);
    expect(() => readRecord(directory)).toThrow(/cluster\.json cannot be read.*remove/);
  },
);

test("no folder, a file in its place: no cluster", () => {
  writeFileSync(join(directory, "file"), "");
  expect(readRecord(join(directory, "nowhere"))).toBeUndefined();
  expect(readRecord(join(directory, "file"))).toBeUndefined();
});

test("ends what runs, says what that was, and is content with nothing", async () => {
  const nodes = await start(nodesName);
  const etcd = await start("etcd");
  const former = { ...etcd, name: "kube-apiserver", beginning: "another boot 1" };
  writeRecord(directory, record({ processes: [etcd, former, nodes] }));
  expect((await endRecorded(directory)).map(({ name }) => name)).toEqual(["etcd", "nodes"]);
  expect([etcd, nodes].some(isAlive)).toBe(false);
  expect(readRecord(directory)).toMatchObject({ isReady: false, processes: [] });
  expect(await endRecorded(directory)).toEqual([]);
  expect(await endRecorded(join(directory, "nowhere"))).toEqual([]);
});

test("two commands do not work on one folder at a time", async () => {
  await locked(directory, async () => {
    await expect(locked(directory, () => Promise.resolve())).rejects.toThrow(`another command (pid ${process.pid})`);
  });
  await expect(locked(directory, () => Promise.resolve(1))).resolves.toBe(1);
});

test.each([
  ["of a command that was killed", JSON.stringify({ pid: process.pid, beginning: "another boot 1" })],
  ["that a full disk has left empty", ""],
  ["that is nonsense", "null"],
])("the lock %s is taken over", async (_, text) => {
  writeFileSync(join(directory, "cluster.lock"), text);
  await expect(locked(directory, () => Promise.resolve(readdirSync(directory)))).resolves.toEqual(["cluster.lock"]);
  expect(readdirSync(directory)).toEqual([]);
});
