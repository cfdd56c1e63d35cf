import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OwnProcess } from "./processes.ts";
import { beginningOf, end, isAlive, launch } from "./processes.ts";
import { until } from "./until.ts";

let directory: string;
let started: OwnProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "operarius-processes-"));
  started = [];
});
afterEach(async () => {
  await end(started);
  rmSync(directory, { recursive: true });
});

async function run(script: string): Promise<OwnProcess> {
  const logFile = join(directory, "log");
  const process_ = await launch({ name: "it", file: process.execPath, args: ["-e", script], env: {}, logFile });
  started.push(process_);
  return process_;
}

function logSays(process_: OwnProcess, word: string): Promise<true> {
  return until(() => Promise.resolve(readFileSync(process_.logFile, "utf8").includes(word) || undefined), {
    what: `the log says ${word}`,
    deadlineMs: 10_000,
  });
}

const wait = "setInterval(() => {}, 1000); console.log('up')";

test("a process is alive until it is ended, and its output is in its log", async () => {
  const process_ = await run(wait);
  expect(isAlive(process_)).toBe(true);
  await logSays(process_, "up");
  await end([process_]);
  expect(isAlive(process_)).toBe(false);
});

test("one that ignores SIGTERM is killed", async () => {
  const process_ = await run(`process.on('SIGTERM', () => {}); ${wait}`);
  await logSays(process_, "up");
  await end([process_]);
  expect(isAlive(process_)).toBe(false);
});

test("one that ends by itself in time is not killed", async () => {
  const file = join(directory, "ended");
  const process_ = await run(
    `process.on('SIGTERM', () => setTimeout(() => { require('fs').writeFileSync(${JSON.stringify(file)}, ''); process.exit() }, 300)); ${wait}`,
  );
  await logSays(process_, "up");
  await end([process_]);
  expect(existsSync(file)).toBe(true);
});

test("a pid that belongs to another process by now is left alone", async () => {
  const process_ = await run(wait);
  const former = { ...process_, beginning: "another boot 1" };
  expect(isAlive(former)).toBe(false);
  await end([former]);
  expect(isAlive(process_)).toBe(true);
});

test("what cannot be started is named with its program", async () => {
  const file = join(directory, "nothing");
  const launching = launch({ name: "etcd", file, args: [], env: {}, logFile: join(directory, "log") });
  await expect(launching).rejects.toThrow(`etcd cannot be started`);
});

test("there is no beginning of a process that is not there", () => {
  expect(beginningOf(2 ** 30)).toBeUndefined();
  expect(beginningOf(process.pid)).toBe(beginningOf(process.pid));
});
