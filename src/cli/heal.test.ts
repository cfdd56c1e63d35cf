import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, expect, it } from "vitest";
import { reportOf } from "../control/job-outcome.ts";
import type { CliContext } from "./context.ts";
import { heal } from "./heal.ts";

const directory = mkdtempSync(join(tmpdir(), "operarius-heal-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("tells its record what is wrong with what the alert named", async () => {
  const file = join(directory, "termination-log");
  writeFileSync(file, "");
  const stream = () => new PassThrough() as unknown as NodeJS.WriteStream & NodeJS.ReadStream;
  const context: CliContext = {
    env: {
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      OPERARIUS_TERMINATION_MESSAGE_PATH: file,
      OPENFERO_NAMESPACE: "kube-system",
      OPENFERO_DAEMONSET: "a b",
    },
    stdin: stream(),
    stdout: stream(),
    stderr: stream(),
    signal: new AbortController().signal,
    startedAtMs: 0,
    now: Date.now,
  };
  expect(await heal(["daemonset"], context)).toBe(2);
  const terminated = { exitCode: 2, message: readFileSync(file, "utf8") };
  const container = { name: "c", image: "i", imageID: "", ready: false, restartCount: 0, state: { terminated } };
  const report = reportOf([{ status: { containerStatuses: [container] } }]);
  expect(report).toMatchObject({ verdict: "failed", reason: "Configuration", cause: "none", writes: [] });
  expect(report?.sentence).toContain('"a b" is not the name of a DaemonSet');
});
