import { describe, expect, it } from "vitest";
import { aContext, anOperarius, install, NAMESPACE } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import { jobs, namespaces } from "../kube/resources.ts";
import type { OperariusObject } from "../operarius/operarius.ts";
import { operariuses } from "../operarius/operarius.ts";
import { SERVICE_ACCOUNTS_ANNOTATION } from "../operarius/service-account.ts";
import { checkOperarius } from "./check-operarius.ts";
import { limitsFor } from "./limits.ts";

const NAME = "daemonset-rollout-fix";
const CONTAINERS = "spec.jobTemplate.spec.template.spec.containers";
const { recheckMs, lookEveryMs } = limitsFor("normal");

/** An Operarius whose only container has these fields. */
function withContainer(container: object): OperariusObject {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "heal", image: "i", ...container }] } };
  return anOperarius({ jobTemplate: { spec: { template } } } as never);
}

async function checked(object: OperariusObject, dryRunError?: Error) {
  const kube = createMemoryKube();
  await install(kube, object);
  kube.failWith(({ verb, plural }) => (verb === "create" && plural === jobs.plural ? dryRunError : undefined));
  const context = aContext(kube);
  const answer = await checkOperarius(context, NAME);
  const [condition] = kube.all(operariuses)[0]?.status?.conditions ?? [];
  return { kube, context, answer, condition };
}

const refusal = (code: number, message: string) => new StatusError({ code, reason: "", message });

describe("checkOperarius", () => {
  it("True: the Job was accepted as a dry run, and none was created", async () => {
    const { kube, answer, condition } = await checked(withContainer({ args: ["{{ .Labels.anything }}"] }));
    expect(condition).toMatchObject({ type: "Ready", status: "True", reason: "Valid", observedGeneration: 1 });
    expect(answer).toEqual({});
    expect(kube.calls.filter(({ plural }) => plural === jobs.plural)).toMatchObject([{ verb: "create", dryRun: true }]);
    expect(kube.all(jobs)).toEqual([]);
  });

  it.each<[string, OperariusObject, string, string]>([
    [
      "a template nobody can read",
      withContainer({ args: ["ok", "{{ if .x }}"] }),
      "TemplateInvalid",
      `${CONTAINERS}[0].args[1]`,
    ],
    [
      "a field that no alert has",
      withContainer({ command: ["{{ .Alert.Nope }}"] }),
      "TemplateInvalid",
      `${CONTAINERS}[0].command[0]`,
    ],
    [
      "a map where a text belongs",
      withContainer({ env: [{ name: "E", value: "{{ .Labels }}" }] }),
      "TemplateInvalid",
      `${CONTAINERS}[0].env[E].value`,
    ],
    [
      "a matcher nobody can read",
      anOperarius({ alertSelector: { alertname: "A", status: "firing", matchers: ["a=1", "b=~(?=c)"] } } as never),
      "MatcherInvalid",
      "spec.alertSelector.matchers[1]",
    ],
    ["a spec of another release", anOperarius({ priority: "high" } as never), "SpecInvalid", "spec.priority"],
  ])("False with the path of the fault: %s", async (_, object, reason, path) => {
    const { kube, condition, answer } = await checked(object);
    expect(condition).toMatchObject({ status: "False", reason, message: expect.stringContaining(`${path}: `) });
    expect(answer).toEqual({});
    expect(kube.calls.some(({ plural }) => plural === jobs.plural)).toBe(false);
  });

  it("a label, annotation or common label that is named is never the fault", async () => {
    const texts = [
      "{{ .Labels.a }}{{ .Alert.Labels.b }}",
      '{{ index .Labels "odd.key" }}{{ index .Alert "Labels" "c" }}',
      "{{ .Annotations.a }}{{ .Alert.Annotations.b }}{{ .HookMessage.GroupLabels.g }}",
      "{{ .HookMessage.CommonLabels.c }}{{ .HookMessage.CommonAnnotations.d }}{{ .Alert.StartsAt }}{{ .Status }}",
    ];
    expect((await checked(withContainer({ args: texts }))).condition).toMatchObject({ status: "True" });
  });

  it.each<[string, Error, object, object]>([
    [
      "422",
      refusal(
        422,
        'Job.batch "x" is invalid: [spec.template.spec.containers[0].image: Required value, spec.parallelism: Invalid value: -1]',
      ),
      {
        status: "False",
        reason: "JobRejected",
        message: expect.stringContaining(
          `[${CONTAINERS}[0].image: Required value, spec.jobTemplate.spec.parallelism: `,
        ),
      },
      {},
    ],
    [
      "400",
      refusal(400, "Job in version v1 cannot be handled as a Job"),
      { status: "False", reason: "JobRejected" },
      {},
    ],
    [
      "an admission webhook that denies",
      refusal(403, 'admission webhook "w" denied the request: no'),
      { status: "False", reason: "JobRejected" },
      {},
    ],
    [
      "missing rights",
      refusal(403, 'jobs.batch is forbidden: User "u" cannot create resource'),
      { status: "Unknown", reason: "Forbidden" },
      { requeueAfterMs: recheckMs },
    ],
    [
      "a full quota",
      refusal(403, "exceeded quota: q"),
      { status: "Unknown", reason: "Forbidden" },
      { requeueAfterMs: recheckMs },
    ],
    [
      "a webhook that refuses dry runs",
      refusal(400, 'the webhook "w" does not support dry run'),
      { status: "Unknown", reason: "NotEvaluated" },
      { requeueAfterMs: lookEveryMs },
    ],
    ["429", refusal(429, "slow down"), { status: "Unknown", reason: "ApiError" }, { requeueAfterMs: recheckMs }],
    ["500", refusal(500, "etcd"), { status: "Unknown", reason: "ApiError" }, { requeueAfterMs: recheckMs }],
    [
      "no answer",
      new TransportError("reset"),
      { status: "Unknown", reason: "ApiUnreachable" },
      { requeueAfterMs: recheckMs },
    ],
  ])("the dry run ends with %s", async (_, error, want, answer) => {
    const result = await checked(anOperarius(), error);
    expect(result.condition).toMatchObject(want);
    expect(result.answer).toEqual(answer);
  });

  it("calls variables by name, because ours stand before them in the Job", async () => {
    const object = withContainer({ env: [{ name: "MINE", value: "x" }] });
    const kube = createMemoryKube();
    await install(kube, object);
    let index = -1;
    const create = kube.create.bind(kube);
    kube.create = async (resource, given, options) => {
      const { spec } = given as { spec?: { template?: { spec?: { containers: { env: { name: string }[] }[] } } } };
      index = spec?.template?.spec?.containers[0]?.env.findIndex(({ name }) => name === "MINE") ?? -1;
      if (resource.plural !== jobs.plural) return create(resource, given, options);
      throw refusal(
        422,
        `Job.batch "x" is invalid: spec.template.spec.containers[0].env[${index}].value: Invalid value`,
      );
    };
    await checkOperarius(aContext(kube), NAME);
    expect(index).toBeGreaterThan(0);
    const [condition] = kube.all(operariuses)[0]?.status?.conditions ?? [];
    expect(condition?.message).toContain(`${CONTAINERS}[0].env[MINE].value: Invalid value`);
  });

  it("is done once per generation", async () => {
    const { kube, context } = await checked(anOperarius());
    const calls = kube.calls.length;
    expect(await checkOperarius(context, NAME)).toEqual({});
    expect(kube.calls.slice(calls).map(({ verb }) => verb)).toEqual(["get"]);
    const [stored] = kube.all(operariuses);
    if (stored === undefined) throw new Error("no Operarius");
    await kube.replace(operariuses, { ...stored, metadata: { ...stored.metadata, generation: 2 } });
    await checkOperarius(context, NAME);
    expect(kube.all(operariuses)[0]?.status?.conditions).toMatchObject([{ status: "True", observedGeneration: 2 }]);
  });

  it("asks again while nothing is known, and writes only what changed", async () => {
    const { kube, context } = await checked(anOperarius(), refusal(500, "etcd"));
    await checkOperarius(context, NAME);
    expect(kube.calls.filter(({ verb }) => verb === "patchStatus")).toHaveLength(1);
    kube.failWith(() => undefined);
    expect(await checkOperarius(context, NAME)).toEqual({});
    expect(kube.all(operariuses)[0]?.status?.conditions).toMatchObject([{ status: "True", reason: "Valid" }]);
  });

  it("keeps the rest of the status, and writes under the resourceVersion it has read", async () => {
    const kube = createMemoryKube();
    const other = {
      type: "Other",
      status: "True" as const,
      reason: "R",
      message: "m",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    await install(kube, { ...anOperarius(), status: { executionCount: 7, conditions: [other] } });
    kube.failWith(async ({ verb }) => {
      if (verb !== "create") return undefined;
      kube.failWith(() => undefined);
      const body = { status: { executionCount: 8 } };
      await kube.patchStatus(operariuses, { namespace: NAMESPACE, name: NAME }, { type: "merge", body });
      return undefined;
    });
    const context = aContext(kube);
    expect(await checkOperarius(context, NAME)).toEqual({ requeueAfterMs: recheckMs });
    expect(kube.all(operariuses)[0]?.status).toEqual({ executionCount: 8, conditions: [other] });
    await checkOperarius(context, NAME);
    expect(kube.all(operariuses)[0]?.status).toMatchObject({
      executionCount: 8,
      conditions: [other, { type: "Ready" }],
    });
  });

  it("a ServiceAccount that the namespace does not allow is told, and asked for again", async () => {
    const kube = createMemoryKube();
    const annotations = { [SERVICE_ACCOUNTS_ANNOTATION]: "healer" };
    await kube.patch(namespaces, { name: NAMESPACE }, { type: "merge", body: { metadata: { annotations } } });
    await install(kube, anOperarius());
    const context = aContext(kube);
    expect(await checkOperarius(context, NAME)).toEqual({ requeueAfterMs: lookEveryMs });
    expect(kube.all(operariuses)[0]?.status?.conditions).toMatchObject([
      { status: "False", reason: "ServiceAccountNotAllowed", message: expect.stringContaining("serviceAccountName") },
    ]);
    const wider = { metadata: { annotations: { [SERVICE_ACCOUNTS_ANNOTATION]: "healer,default" } } };
    await kube.patch(namespaces, { name: NAMESPACE }, { type: "merge", body: wider });
    expect(await checkOperarius(context, NAME)).toEqual({});
    expect(kube.all(operariuses)[0]?.status?.conditions).toMatchObject([{ status: "True", reason: "Valid" }]);
  });

  it("has nothing to say about an Operarius that is gone", async () => {
    expect(await checkOperarius(aContext(createMemoryKube()), NAME)).toEqual({});
  });

  it("rejects when the Operarius cannot be read", async () => {
    const kube = createMemoryKube();
    kube.failWith(() => new TransportError("reset"));
    await expect(checkOperarius(aContext(kube), NAME)).rejects.toThrow("reset");
  });
});
