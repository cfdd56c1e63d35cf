import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, expect, it } from "vitest";
import { aRecord, RECORDED_AT } from "../../test/support/record-builders.ts";
import type { Behaviour, FaultServer } from "../kube/testing/fault-server.ts";
import { failure, json, startFaultServer } from "../kube/testing/fault-server.ts";
import { scorecardSchema } from "../reporting/scorecard.ts";
import type { CliContext } from "./context.ts";
import { scorecardCommand } from "./scorecard.ts";

const directory = mkdtempSync(join(tmpdir(), "operarius-scorecard-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const list = json({ metadata: { resourceVersion: "1" }, items: [aRecord({ outcome: "self-healed" })] });

async function run(args: string[], behaviour: Behaviour = list) {
  const server = await startFaultServer(behaviour);
  servers.push(server);
  const kubeconfig = join(directory, "kubeconfig.json");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: server.url } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  const out = new PassThrough();
  const err = new PassThrough();
  const context: CliContext = {
    env: { KUBECONFIG: kubeconfig },
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    stdout: out as unknown as NodeJS.WriteStream,
    stderr: err as unknown as NodeJS.WriteStream,
    signal: new AbortController().signal,
    startedAtMs: 0,
    now: () => RECORDED_AT + 1000,
  };
  const code = await scorecardCommand(args, context);
  return { code, out: String(out.read() ?? ""), err: String(err.read() ?? ""), requests: server.requests };
}

it("lists the records of the installation and nothing else", async () => {
  const { code, out, requests } = await run(["--since", "1d12h"]);
  expect(code).toBe(0);
  expect(out).toContain("1 episode in all namespaces in the last 1d12h");
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /apis/openfero.io/v1alpha1/namespaces/openfero/remediations",
  ]);
});

it("prints a document of the published schema", async () => {
  const { code, out } = await run(["-o", "json", "-n", "kube-system"]);
  expect(code).toBe(0);
  expect(scorecardSchema.parse(JSON.parse(out))).toMatchObject({ episodes: 1, namespace: "kube-system" });
});

it.each<[string, string[], Behaviour, string]>([
  ["a time that is none", ["--since", "1w"], list, "--since"],
  ["a flag that does not exist", ["--all"], list, "--all"],
  ["missing rights", [], failure(403, "Forbidden"), "auth can-i list remediations.openfero.io -n openfero"],
  ["a cluster without it", [], failure(404, "NotFound"), "not installed"],
  ["wrong credentials", [], failure(401, "Unauthorized"), "auth whoami"],
])("exits with 2 and the way out for %s", async (_what, args, behaviour, words) => {
  const { code, out, err } = await run(args, behaviour);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(words);
});
