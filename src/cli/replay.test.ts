import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { anyCluster } from "../../test/support/any-cluster.ts";
import { receiptOf } from "../../test/support/receipts.ts";
import { pack } from "../engine/receipt-pack.ts";
import type { CliContext } from "./context.ts";
import { replayCommand } from "./replay.ts";

const directory = mkdtempSync(join(tmpdir(), "operarius-replay-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const [sample] = fc.sample(anyCluster, { numRuns: 1, seed: 3 });
if (sample === undefined) throw new Error("no cluster");
const receipt = receiptOf([sample]);

async function run(args: readonly string[], input: string | Uint8Array = "") {
  const out = { stdout: new PassThrough(), stderr: new PassThrough() };
  const context = {
    env: {},
    stdin: Readable.from([input]),
    ...out,
    signal: new AbortController().signal,
    startedAtMs: 0,
    now: Date.now,
  } as unknown as CliContext;
  const code = await replayCommand(args, context);
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, stdout: text(out.stdout), stderr: text(out.stderr) };
}

describe("operarius replay", () => {
  it("says that a receipt in a file replays equal", async () => {
    const file = join(directory, "receipt.json");
    writeFileSync(file, JSON.stringify(receipt));
    const { code, stdout } = await run([file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kube-system\/agent \(daemonset-agent-abcdefghij-1, attempt 1\): declined \(NodeDown\)/);
    expect(stdout).toMatch(/The replay equals the receipt: 1 of 1 looks\.\n$/);
  });

  it("reads a resource from standard input", async () => {
    const { data, digest } = pack(receipt);
    expect((await run(["-"], JSON.stringify({ kind: "Receipt", spec: { data, digest } }))).code).toBe(0);
  });

  it("shows where it differs, and that another version wrote it", async () => {
    const [look] = receipt.looks;
    const changed = { ...receipt, looks: [{ ...look, diagnosis: { ...look?.diagnosis, message: "All is well." } }] };
    const { code, stdout } = await run(["-"], JSON.stringify(changed));
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /differs: .*\n.*\n {3}diagnosis\.message\n {5}- recorded: "All is well\."\n {5}\+ now: {6}"/,
    );
    expect(stdout).toMatch(/It was written by 1\.2\.3, this is /);
  });

  it("does not call a cut receipt equal", async () => {
    const { code, stdout } = await run(["-"], JSON.stringify(pack(receipt, 2600).receipt));
    expect(code).toBe(2);
    expect(stdout).toMatch(/cannot be equal: the receipt was cut to fit \(looks\[0\]\.observation/);
  });

  it("prints JSON", async () => {
    const { code, stdout } = await run(["-o", "json", "-"], JSON.stringify(receipt));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "operarius.openfero.io/replay/v1", kind: "equal" });
  });

  it.each([[[]], [["a", "b"]], [["--no-such-flag"]], [["-o", "xml", "-"]], [[""]]])("usage: %j is 2", async (args) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain("operarius replay");
  });

  it.each([
    ["a file that does not exist", ["/no/such/file"], "", /cannot be read/],
    ["no receipt", ["-"], "{}", /neither a receipt/],
    ["another remedy", ["-"], JSON.stringify({ ...receipt, remedy: "another" }), /no remedy "another"/],
    [
      "facts that are none",
      ["-"],
      JSON.stringify({ ...receipt, looks: [{ ...receipt.looks[0], observation: { at: 1 } }] }),
      /facts are not ones/,
    ],
  ])("%s is 2, in words", async (_name, args, input, says) => {
    const { code, stderr } = await run(args, input);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("lets no hostile text command the terminal", async () => {
    const hostile = { ...receipt, verdict: { kind: "declined", reason: "X", message: "\u001b[2Jgone\u202e" } };
    const { stdout } = await run(["-"], JSON.stringify(hostile));
    expect(["\u001b", "\u202e"].filter((control) => stdout.includes(control))).toEqual([]);
  });
});
