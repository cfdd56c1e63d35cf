/** `sandbox up` as a command: what it prints, how it ends, what it leaves behind. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CliContext } from "../src/cli/context.ts";
import { run } from "./main.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandbox-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function terminal(signal = new AbortController().signal) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const text = { out: "", err: "" };
  stdout.on("data", (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  stderr.on("data", (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  const streams = { stdin: process.stdin, stdout, stderr } as unknown as Pick<
    CliContext,
    "stdin" | "stdout" | "stderr"
  >;
  const context: CliContext = { env: {}, ...streams, signal, startedAtMs: Date.now(), now: Date.now };
  return { context, text, stdout };
}

test("prints one line when its nodes are Ready, and leaves only the kubeconfig behind", async () => {
  const stop = new AbortController();
  const { context, text, stdout } = terminal(stop.signal);
  const kubeconfig = join(folder, "new", "kubeconfig");
  const ended = run(["up", "--nodes", "2", "--kubeconfig", kubeconfig], context);
  await new Promise((ready) => stdout.once("data", ready));
  expect(text.out).toMatch(
    new RegExp(`^ready: 2 nodes, kubeconfig ${kubeconfig}, api https://127\\.0\\.0\\.1:\\d+\\n$`),
  );
  stop.abort();
  expect(await ended).toBe(0);
  expect(readFileSync(kubeconfig, "utf8")).toContain("client-certificate-data");
});

test("ends cleanly when it is interrupted while it starts", async () => {
  const stop = new AbortController();
  const { context, text } = terminal(stop.signal);
  const ended = run(["up", "--nodes", "1"], context);
  stop.abort();
  expect(await ended).toBe(0);
  expect(text.out).toBe("");
});

test("names a port that is taken", async () => {
  const taken = createServer();
  await new Promise<void>((listening) => taken.listen(0, "127.0.0.1", listening));
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { context, text } = terminal();
  expect(await run(["up", "--api-port", String(port)], context)).toBe(2);
  expect(text.err).toContain(`port ${port} on 127.0.0.1 is taken`);
  await new Promise((closed) => taken.close(closed));
});

test.each([
  [["up", "--nodes", "none"], "It must be a whole number from 1 to 500."],
  [["up", "--nodes", "0"], "It must be a whole number from 1 to 500."],
  [["up", "--api-port", "70000"], "It must be a whole number from 0 to 65535."],
  [["up", "--colour"], "unknown option '--colour'"],
  [["up", "extra"], "too many arguments"],
  [["down"], "unknown command 'down'"],
  [["up", "--kubeconfig", "/proc/nowhere/kubeconfig"], "cannot write the kubeconfig /proc/nowhere/kubeconfig"],
])("refuses %j with exit code 2", async (args, message) => {
  const { context, text } = terminal();
  expect(await run(args, context)).toBe(2);
  expect(text.err).toContain(message);
  expect(existsSync("/proc/nowhere")).toBe(false);
});

test("a directory in the place of the kubeconfig is named", async () => {
  const { context, text } = terminal();
  expect(await run(["up", "--kubeconfig", folder], context)).toBe(2);
  expect(text.err).toContain(`${folder} is a directory. Name a file with --kubeconfig.`);
});

test("help is not an error", async () => {
  const { context, text } = terminal();
  expect(await run(["up", "--help"], context)).toBe(0);
  expect(text.out).toContain("--api-port");
});
