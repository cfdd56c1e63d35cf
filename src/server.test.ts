import { afterEach, describe, expect, it } from "vitest";
import { aBody, anOperarius, install, NAMESPACE, until } from "../test/support/control-fixture.ts";
import { createMemoryKube } from "../test/support/memory-kube.ts";
import type { ServeConfig } from "./config/serve-config.ts";
import { limitsFor } from "./control/limits.ts";
import { StatusError } from "./kube/errors.ts";
import { jobs, pods } from "./kube/resources.ts";
import { operariuses } from "./operarius/operarius.ts";
import { remediations } from "./operarius/remediation.ts";
import { createLogger } from "./reporting/log.ts";
import { runServer } from "./server.ts";

const config: ServeConfig = {
  addr: { host: "127.0.0.1", port: 0 },
  logLevel: "debug",
  readTimeout: 5000,
  writeTimeout: 5000,
  auth: { method: "none" },
  maxBodyBytes: 4_194_304,
  maxConcurrentDeliveries: 64,
  drain: 0,
  warnings: [],
  operariusNamespace: NAMESPACE,
  clusterName: "",
  pace: "normal",
  mode: "auto",
  namespaceSelector: "",
  limits: limitsFor("normal"),
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function startServer(kube = createMemoryKube(), overrides: Partial<ServeConfig> = {}) {
  const stopping = new AbortController();
  const lines: string[] = [];
  let done: Promise<void> = Promise.resolve();
  const port = await new Promise<number>((resolve, reject) => {
    done = runServer({
      config: { ...config, ...overrides },
      kube,
      log: createLogger({ level: "debug", destination: { write: (line) => void lines.push(line) } }),
      about: { version: "0.0.0", commit: "c", buildDate: "d" },
      signal: stopping.signal,
      now: Date.now,
      onListening: resolve,
    });
    done.catch(reject);
  });
  const stop = async () => {
    stopping.abort();
    await done;
  };
  stops.push(stop);
  const base = `http://127.0.0.1:${port}`;
  const post = (body: string) => fetch(`${base}/alerts`, { method: "POST", body });
  return { kube, base, post, lines, stop };
}

const terminationOf = (report: object) =>
  JSON.stringify({ schema: "operarius.openfero.io/termination/v1", cause: "C04", writes: [], ...report });

/** What the Job controller and the kubelet would do. */
async function finishJob(kube: ReturnType<typeof createMemoryKube>, name: string, report?: object): Promise<void> {
  const message = report === undefined ? {} : { message: terminationOf(report) };
  await kube.create(pods, {
    metadata: { name: `${name}-x`, namespace: NAMESPACE, labels: { "job-name": name } },
    status: {
      containerStatuses: [
        {
          name: "heal",
          image: "",
          imageID: "",
          ready: false,
          restartCount: 0,
          state: { terminated: { exitCode: 0, ...message } },
        },
      ],
    },
  });
  const status = { conditions: [{ type: "Complete", status: "True" }] };
  await kube.patchStatus(jobs, { namespace: NAMESPACE, name }, { type: "merge", body: { status } });
}

describe("the server, from the webhook to the end of the remediation", () => {
  it("makes one Remediation and one Job of twenty concurrent identical deliveries, and remembers all twenty", async () => {
    const { kube, base, post } = await startServer();
    await install(kube, anOperarius());
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(aBody())));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    await until(() => kube.all(jobs).length > 0, "a Job exists");
    await until(() => kube.all(remediations)[0]?.status?.phase === "Running", "the Remediation runs");
    expect(kube.all(remediations)).toHaveLength(1);
    expect(kube.all(jobs)).toHaveLength(1);
    const stored = (await (await fetch(`${base}/api/alerts`)).json()) as { jobInfo: { jobName: string } }[];
    expect(stored).toHaveLength(20);
    expect(new Set(stored.map(({ jobInfo }) => jobInfo.jobName))).toEqual(new Set([kube.all(jobs)[0]?.metadata.name]));
  });

  it("follows the Job to its end and keeps the Operarius' status", async () => {
    const { kube, base, post } = await startServer();
    await install(kube, anOperarius());
    await post(aBody());
    await until(() => kube.all(remediations)[0]?.status?.phase === "Running", "running");
    const job = kube.all(jobs)[0]?.metadata.name ?? "";
    await finishJob(kube, job, { verdict: "recovered", reason: "PodReplaced", sentence: "Deleted one pod." });
    await until(() => kube.all(remediations)[0]?.status?.phase === "Succeeded", "succeeded");
    expect(kube.all(remediations)[0]?.status).toMatchObject({
      reason: "PodReplaced",
      message: "Deleted one pod.",
      cause: "C04",
      attempts: [{ n: 1, jobName: job, verdict: "recovered" }],
    });
    await until(() => kube.all(operariuses)[0]?.status?.lastExecutionStatus === "Successful", "status kept");
    expect(kube.all(operariuses)[0]?.status).toMatchObject({ executionCount: 1, lastExecutedJobName: job });
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toContain("openfero_jobs_created_total 1");
    expect(metrics).toContain("openfero_jobs_succeeded_total 1");
    expect(metrics).toContain("openfero_jobs_failed_total 0");
    expect(metrics).toContain("openfero_operarius_items_loaded 1");
  });

  it("starts the Job of a new record though the watch is deaf, as it is for a while after an outage", async () => {
    const kube = createMemoryKube();
    const hearing = kube.watch.bind(kube);
    const watch: typeof kube.watch = (resource, options) =>
      // A version that never comes.
      hearing(resource, resource.plural === "remediations" ? { ...options, resourceVersion: "1000000" } : options);
    const { post } = await startServer(Object.assign(kube, { watch }));
    await install(kube, anOperarius());
    expect((await post(aBody())).status).toBe(200);
    await until(() => kube.all(jobs).length === 1, "a Job");
  });

  it("waits for an approval of the very plan, then starts the next attempt with it", async () => {
    const { kube, post } = await startServer();
    await install(kube, anOperarius());
    await post(aBody());
    await until(() => kube.all(remediations)[0]?.status?.phase === "Running", "running");
    await finishJob(kube, kube.all(jobs)[0]?.metadata.name ?? "", {
      verdict: "awaiting-approval",
      reason: "RollbackNeedsApproval",
      sentence: "Roll back to revision 3.",
      planDigest: "abc",
    });
    await until(() => kube.all(remediations)[0]?.status?.phase === "AwaitingApproval", "awaiting approval");
    const name = kube.all(remediations)[0]?.metadata.name ?? "";
    const approve = (planDigest: string) =>
      kube.patch(
        remediations,
        { namespace: NAMESPACE, name },
        { type: "merge", body: { spec: { approval: { decision: "approve", planDigest } } } },
      );
    await approve("another");
    await until(() => (kube.all(remediations)[0]?.status?.conditions?.length ?? 0) > 0, "the mistake is noted");
    expect(kube.all(jobs)).toHaveLength(1);
    await approve("abc");
    await until(() => kube.all(jobs).length === 2, "a second Job");
    const second = kube.all(jobs).find((job) => job.metadata.name.endsWith("-1-2"));
    const env = second?.spec?.template.spec?.containers[0]?.env ?? [];
    expect(env.find((variable) => variable.name === "OPERARIUS_APPROVED_PLAN")?.value).toBe("abc");
  });

  it("is not ready at once when told to stop, records what still arrives, and ends after the drain", async () => {
    const { kube, base, post, stop } = await startServer(undefined, { drain: 200 });
    await install(kube, anOperarius());
    await until(async () => (await fetch(`${base}/readiness`)).status === 200, "ready");
    const stopped = stop();
    const readiness = await fetch(`${base}/readiness`);
    expect([readiness.status, await readiness.text()]).toEqual([503, "stopping"]);
    expect((await post(aBody())).status).toBe(200);
    expect(kube.all(remediations)).toHaveLength(1);
    await stopped;
    await expect(fetch(`${base}/healthz`)).rejects.toThrow("fetch failed");
  });

  it("warns once of what its configuration could do better", async () => {
    const { lines } = await startServer(undefined, { warnings: ["--authBearerToken on the command line"] });
    expect(lines.filter((line) => line.includes("--authBearerToken") && line.includes('"warn"'))).toHaveLength(1);
  });

  it("does not start with a certificate that cannot be used, and says which", async () => {
    const tls = { certFile: "/absent/tls.crt", keyFile: "/absent/tls.key" };
    await expect(startServer(undefined, { tls })).rejects.toThrow("certificate /absent/tls.crt: it does not exist");
  });

  it("starts and stays up while the custom resources are missing, saying once how to install them", async () => {
    const kube = createMemoryKube();
    kube.failWith(({ plural }) =>
      plural === "operariuses" || plural === "remediations"
        ? new StatusError({
            code: 404,
            reason: "NotFound",
            message: "the server could not find the requested resource",
          })
        : undefined,
    );
    const { base, post, lines } = await startServer(kube);
    expect((await fetch(`${base}/startupz`)).status).toBe(503);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await post(aBody())).status).toBe(503);
    kube.failWith(() => undefined);
    await until(async () => (await fetch(`${base}/readiness`)).status === 200, "ready once they are there", 10_000);
    const said = lines.filter((line) => line.includes("kubectl apply -f deploy/crds") && line.includes('"warn"'));
    expect(said.filter((line) => line.includes('"operariuses.openfero.io"'))).toHaveLength(1);
  });
});
