import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { awaitingRemediation } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import type { FaultServer } from "../kube/testing/fault-server.ts";
import { startFaultServer } from "../kube/testing/fault-server.ts";
import type { RemediationStatus } from "../operarius/remediation.ts";
import { approve, deny } from "./approve.ts";
import type { CliContext } from "./context.ts";

const NAME = "daemonset-agent-abcdefghij-1";
const directory = mkdtempSync(join(tmpdir(), "operarius-approve-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const servers: FaultServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Cluster {
  /** Of the record at each look; the last one stays. */
  looks?: Partial<RemediationStatus>[];
  /** Versions of authentication.k8s.io that know who somebody is. */
  versions?: string[];
  /** HTTP code of the write. */
  write?: number;
}

async function run(command: typeof approve, args: string[], cluster: Cluster = {}, typed?: string) {
  const { looks = [{}], versions = ["v1"], write = 200 } = cluster;
  const record = await awaitingRemediation(createMemoryKube());
  const states = [...looks];
  const server = await startFaultServer((response, { method, path, body }) => {
    const answer = (code: number, object: object) => {
      response.writeHead(code, { "content-type": "application/json" });
      response.end(JSON.stringify(object));
    };
    const refuse = (code: number, reason: string) => answer(code, { kind: "Status", code, reason, message: reason });
    if (path.endsWith("/selfsubjectreviews")) {
      const version = path.split("/")[3] ?? "";
      if (!versions.includes(version)) return refuse(404, "NotFound");
      return answer(201, { status: { userInfo: { username: "ann" } } });
    }
    if (path !== `/apis/openfero.io/v1alpha1/namespaces/openfero/remediations/${NAME}`) return refuse(404, "NotFound");
    if (method === "PATCH")
      return write === 200 ? answer(200, { ...record, ...JSON.parse(body) }) : refuse(write, "Conflict");
    const status = states.length > 1 ? states.shift() : states[0];
    return answer(200, { ...record, status: { ...record.status, ...status } });
  });
  servers.push(server);
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: server.url } }],
      users: [{ name: "u", user: {} }],
    }),
  );
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  if (typed !== undefined) {
    Object.assign(streams.stdin, { isTTY: true });
    Object.assign(streams.stdout, { isTTY: true });
    streams.stdin.end(typed);
  }
  const rest = { env: {}, signal: new AbortController().signal, startedAtMs: 0, now: Date.now };
  const context = { ...streams, ...rest } as unknown as CliContext;
  const code = await command([...args, "--kubeconfig", kubeconfig], context);
  const patches = server.requests.filter(({ method }) => method === "PATCH").map(({ body }) => JSON.parse(body));
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, out: text(streams.stdout), err: text(streams.stderr), patches };
}

describe("operarius approve and deny", () => {
  it("approves the plan that is named, in the name that the cluster knows, and says what it was", async () => {
    const { code, out, patches } = await run(approve, [NAME, "--plan", "abc", "--reason", "looks right"]);
    expect(code).toBe(0);
    expect(out).toContain("Roll back to revision 3.");
    expect(out).toContain("DaemonSet kube-system/agent");
    expect(out).toMatch(/Approved plan abc as ann\.\n$/);
    expect(patches).toEqual([
      {
        metadata: { uid: expect.any(String), resourceVersion: expect.any(String) },
        spec: { approval: { decision: "approve", planDigest: "abc", by: "ann", reason: "looks right" } },
      },
    ]);
  });

  it("denies what awaits, and leaves out who where no version tells", async () => {
    const { code, patches } = await run(deny, [NAME, "--yes"], { versions: [] });
    expect(code).toBe(0);
    expect(patches[0].spec.approval).toEqual({ decision: "deny", planDigest: "abc", by: null, reason: null });
  });

  it("asks Kubernetes 1.27 in its own version", async () => {
    const { patches } = await run(approve, [NAME, "--yes"], { versions: ["v1beta1"] });
    expect(patches[0].spec.approval.by).toBe("ann");
  });

  it.each<[string, string[], Cluster, number, string]>([
    ["another plan", [NAME, "--plan", "abd"], {}, 1, "plan abc awaits approval"],
    ["nothing awaits", [NAME, "--yes"], { looks: [{ phase: "Running" }] }, 1, "its phase is Running"],
    ["it is over", [NAME, "--yes"], { looks: [{ phase: "Declined" }] }, 1, "it ended as Declined"],
    ["it lapsed", [NAME, "--yes"], { looks: [{ approvalExpiresAt: "2020-01-01T00:00:00Z" }] }, 1, "lapsed"],
    ["there is no such record", ["other", "--yes"], {}, 2, "There is no Remediation other"],
    ["nobody can be asked", [NAME], {}, 2, "--plan DIGEST, or give --yes"],
    ["no name", ["--yes"], {}, 2, "missing required argument"],
    ["an unknown flag", [NAME, "--force"], {}, 2, "unknown option"],
  ])("writes nothing when %s", async (_, args, cluster, want, words) => {
    const { code, err, patches } = await run(approve, args, cluster);
    expect([code, patches]).toEqual([want, []]);
    expect(err).toContain(words);
  });

  it.each([
    [409, 1, "changed meanwhile"],
    [403, 2, "kubectl auth can-i patch remediations.openfero.io"],
  ])("is no success when the write is answered with %i", async (write, want, words) => {
    const { code, out, err } = await run(approve, [NAME, "--yes"], { write });
    expect(code).toBe(want);
    expect(err).toContain(words);
    expect(out).not.toContain("Approved");
  });

  it.each([
    ["y\n", 0, 1],
    ["yes\n", 0, 1],
    ["n\n", 1, 0],
    ["\n", 1, 0],
    ["", 1, 0],
  ])("asks on a terminal; %j", async (typed, want, writes) => {
    const { code, patches } = await run(approve, [NAME], {}, typed);
    expect([code, patches.length]).toEqual([want, writes]);
  });

  it("writes nothing when the plan changed while the person read", async () => {
    const { code, err, patches } = await run(approve, [NAME], { looks: [{}, { planDigest: "new" }] }, "y\n");
    expect([code, patches]).toEqual([1, []]);
    expect(err).toContain("plan new awaits approval");
  });
});
