import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvVar } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { aHook, anAlert, anOperarius, stuckLabels } from "../../test/support/control-fixture.ts";
import { readOperarius } from "./operarius.ts";
import type { RenderInput } from "./render-job.ts";
import { renderJob } from "./render-job.ts";

type Container = Record<string, unknown>;

function render(overrides: Partial<RenderInput> & { podSpec?: object; template?: object; jobSpec?: object } = {}) {
  const { podSpec, template, jobSpec, ...input } = overrides;
  const spec = { restartPolicy: "Never", containers: [{ name: "heal", image: "i" }], ...podSpec };
  const read = readOperarius(
    anOperarius({ jobTemplate: { ...template, spec: { ...jobSpec, template: { spec } } } } as never),
  );
  if (read.kind === "invalid") throw new Error(read.message);
  return renderJob({
    operarius: read.operarius,
    alert: anAlert(),
    hook: aHook(),
    jobName: "job-1",
    remediation: { name: "rem-1", uid: "rem-uid" },
    attempt: 1,
    createdAt: "2026-01-01T12:00:00.000Z",
    installationNamespace: "openfero",
    pace: "normal",
    ...input,
  });
}

function rendered(...args: Parameters<typeof render>) {
  const result = render(...args);
  if (result.kind === "invalid") throw new Error(JSON.stringify(result.problems));
  return result.job;
}

function variables(...args: Parameters<typeof render>): Record<string, string | undefined> {
  const env: EnvVar[] = rendered(...args).spec?.template.spec?.containers[0]?.env ?? [];
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

const containers = (...list: Container[]) => ({
  podSpec: { containers: list.map((each) => ({ name: "c", ...each })) },
});

describe("the rendered Job", () => {
  it("has the contract's name, namespace, labels and owner, and keeps the template's own metadata", () => {
    const job = rendered({ template: { metadata: { labels: { team: "x" }, annotations: { note: "y" } } } });
    expect(job.metadata).toMatchObject({
      name: "job-1",
      namespace: "openfero",
      labels: {
        team: "x",
        "openfero.io/operarius": "daemonset-rollout-fix",
        "openfero.io/alert": "KubeDaemonSetRolloutStuck",
        "openfero.io/group-key": "g331iakcj0idq3",
        "openfero.io/managed-by": "openfero",
        "openfero.io/status": "firing",
      },
      annotations: { note: "y" },
      ownerReferences: [{ kind: "Remediation", name: "rem-1", uid: "rem-uid" }],
    });
  });

  it("shortens what is no label value and keeps it whole in an annotation", () => {
    const { metadata } = rendered({ alert: anAlert({ labels: { alertname: "Ünïcode name" } }) });
    expect(metadata?.labels?.["openfero.io/alert"]).toMatch(/^[A-Za-z0-9][-A-Za-z0-9_.]*$/);
    expect(metadata?.annotations?.["openfero.io/alert"]).toBe("Ünïcode name");
  });

  it("gets a deadline and a time to live only where the template sets none", () => {
    expect(rendered().spec).toMatchObject({ activeDeadlineSeconds: 3600, ttlSecondsAfterFinished: 86_400 });
    const own = { activeDeadlineSeconds: 300, ttlSecondsAfterFinished: 600, backoffLimit: 0 };
    expect(rendered({ jobSpec: own }).spec).toMatchObject(own);
    expect(variables({ jobSpec: own }).OPERARIUS_DEADLINE_SECONDS).toBe("300");
  });

  it("keeps several containers, init containers, volumes and unknown fields", () => {
    const podSpec = {
      containers: [{ name: "a" }, { name: "b", futureField: 1 }],
      initContainers: [{ name: "i" }],
      volumes: [{ name: "v", emptyDir: {} }],
    };
    const spec = rendered({ podSpec }).spec?.template.spec;
    expect(spec).toMatchObject(podSpec);
    for (const each of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
      expect(each.env?.find(({ name }) => name === "OPENFERO_DAEMONSET")?.value).toBe("agent");
    }
  });

  it("renders command, args and env, and leaves static texts alone", () => {
    const job = rendered(
      containers({
        command: ["sh", "-c", "echo '{{ .Labels.daemonset }}'"],
        args: ["--cluster={{ .Alert.Labels.cluster }}", '{"a":{"b":1}}', "$(HOME)"],
        env: [{ name: "WHO", value: "{{ .HookMessage.Receiver }}/{{ .GroupKey }}" }],
      }),
    );
    const [container] = job.spec?.template.spec?.containers ?? [];
    expect(container?.command).toEqual(["sh", "-c", "echo 'agent'"]);
    expect(container?.args).toEqual(["--cluster=test-cluster", '{"a":{"b":1}}', "$(HOME)"]);
    expect(container?.env?.at(-1)).toEqual({ name: "WHO", value: "operarius/test-group" });
  });

  it("names every path at fault and renders nothing", () => {
    const result = render(
      containers({
        args: ["ok", "{{ .Labels.missing }}"],
        env: [{ name: "E", value: "{{ .Nope }}" }],
        command: ["{{"],
      }),
    );
    expect(result).toEqual({
      kind: "invalid",
      problems: [
        { path: "spec.jobTemplate.spec.template.spec.containers[0].command[0]", message: expect.any(String) },
        { path: "spec.jobTemplate.spec.template.spec.containers[0].args[1]", message: expect.any(String) },
        { path: "spec.jobTemplate.spec.template.spec.containers[0].env[E].value", message: expect.any(String) },
      ],
    });
  });
});

describe("the variables", () => {
  it("are OPENFERO_<LABEL> for every label", () => {
    expect(variables()).toMatchObject({
      OPENFERO_ALERTNAME: "KubeDaemonSetRolloutStuck",
      OPENFERO_NAMESPACE: "kube-system",
      OPENFERO_DAEMONSET: "agent",
      OPENFERO_SEVERITY: "warning",
      OPENFERO_CLUSTER: "test-cluster",
      OPERARIUS_REMEDIATION: "rem-1",
      OPERARIUS_REMEDIATION_UID: "rem-uid",
      OPERARIUS_ATTEMPT: "1",
      OPERARIUS_NAMESPACE: "openfero",
    });
    expect(variables()).not.toHaveProperty("OPERARIUS_PACE");
    expect(variables({ pace: "fast", approvedPlan: "d" })).toMatchObject({
      OPERARIUS_PACE: "fast",
      OPERARIUS_APPROVED_PLAN: "d",
    });
  });

  it("OPENFERO_NAMESPACE is the real namespace; the raw label is kept", () => {
    const labels = stuckLabels({ namespace: "monitoring", exported_namespace: "kube-system" });
    expect(variables({ alert: anAlert({ labels }) })).toMatchObject({
      OPENFERO_NAMESPACE: "kube-system",
      OPENFERO_LABEL_NAMESPACE: "monitoring",
      OPENFERO_EXPORTED_NAMESPACE: "kube-system",
    });
  });

  it("are data: braces, quotes, newlines, dollars and 300 characters go through, references are escaped", () => {
    const odd = {
      a: "{{ .Labels.b }}",
      b: "\"quoted\" 'x'",
      c: "line\nline",
      d: "$(PATH)",
      e: "x".repeat(300),
      f: "🙂",
    };
    expect(variables({ alert: anAlert({ labels: odd }) })).toMatchObject({
      OPENFERO_A: odd.a,
      OPENFERO_B: odd.b,
      OPENFERO_C: odd.c,
      OPENFERO_D: "$$(PATH)",
      OPENFERO_E: odd.e,
      OPENFERO_F: odd.f,
    });
  });

  const hostile = "x; touch pwned $(touch pwned) `touch pwned` \"; touch pwned; '; touch pwned; echo *\n--all";

  it.each([
    ["bare", "printf %s {{ .Labels.odd }}"],
    ["in double quotes", 'printf %s "{{ .Labels.odd }}"'],
    ["in single quotes", "printf %s '{{ .Labels.odd }}'"],
    ["after other quotes", `printf %s "it's \\"""" {{ .Labels.odd }} | tail -c +7 | cut -c 1-`],
  ])("never reach a shell: %s in a script", (_, script) => {
    const labels = stuckLabels({ odd: hostile, plain: "kube-system" });
    const job = rendered({
      alert: anAlert({ labels }),
      ...containers({ command: ["sh"], args: ["-ec", `${script} # {{ .Labels.plain }}`, "{{ .Labels.plain }}"] }),
    });
    const [container] = job.spec?.template.spec?.containers ?? [];
    const [, text = "", rest] = container?.args ?? [];
    expect(text).not.toContain("touch");
    expect([text.endsWith("# kube-system"), rest]).toEqual([true, "kube-system"]);
    // What Kubernetes does before the shell starts: $$ becomes $, and only known $(NAME) are replaced.
    const env = Object.fromEntries(
      (container?.env ?? []).map(({ name, value = "" }) => [name, value.replaceAll("$$", "$")]),
    );
    const directory = mkdtempSync(join(tmpdir(), "operarius-script-"));
    try {
      const out = execFileSync("sh", ["-ec", text], { cwd: directory, env: { ...env, PATH: "/usr/bin:/bin" } });
      expect(out.toString().trim()).toContain(hostile);
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it.each<[string, Container, boolean]>([
    ["a shell by its path", { command: ["/bin/bash", "-c", "{{ .Labels.odd }}"] }, true],
    ["a shell behind another program", { command: ["timeout", "5", "sh", "-c", "{{ .Labels.odd }}"] }, true],
    ["options before the script's", { command: ["bash", "-o", "pipefail", "-euc"], args: ["{{ .Labels.odd }}"] }, true],
    ["the image's own shell", { args: ["-c", "{{ .Labels.odd }}"] }, true],
    ["another option behind the script's letter", { command: ["sh", "-ce", "{{ .Labels.odd }}"] }, true],
    ["options between -c and the script", { command: ["bash", "-c", "-e", "--", "{{ .Labels.odd }}"] }, true],
    ["an option with a value there", { command: ["bash", "-c", "-o", "pipefail", "{{ .Labels.odd }}"] }, true],
    ["a shell for somebody else", { command: ["su", "app", "-c", "{{ .Labels.odd }}"] }, true],
    ["a word behind the script", { command: ["sh", "-c", "echo $0", "{{ .Labels.odd }}"] }, false],
    ["a flag that begins with c, without a command", { args: ["-cluster", "{{ .Labels.odd }}"] }, false],
    ["no shell", { command: ["printf", "%s", "{{ .Labels.odd }}"] }, false],
  ])("%s", (_, container, isScript) => {
    const job = rendered({ alert: anAlert({ labels: stuckLabels({ odd: "a; b" }) }), ...containers(container) });
    const [{ command = [], args = [] } = {}] = job.spec?.template.spec?.containers ?? [];
    expect([...command, ...args].at(-1)).toBe(isScript ? `"\${OPERARIUS_VALUE_1}"` : "a; b");
  });

  it("a word behind the author's dollar does not become the name of a variable", () => {
    const job = rendered({
      alert: anAlert({ labels: stuckLabels({ odd: "HOME" }) }),
      ...containers({ command: ["sh", "-c", `echo ${"$"}{{ .Labels.odd }}`] }),
    });
    const [{ command = [] } = {}] = job.spec?.template.spec?.containers ?? [];
    expect(command.at(-1)).not.toContain("HOME");
  });

  it("a label that is called like another's mangled name takes nothing from it", () => {
    const own = (labels: Record<string, string>) =>
      Object.entries(variables({ alert: anAlert({ labels }) })).filter(([name]) => name.startsWith("OPENFERO_"));
    const mangled = own({ "a-b": "dash", a_b: "underscore" }).find(([, value]) => value === "dash")?.[0] ?? "";
    const thief = mangled.replace("OPENFERO_", "").toLowerCase();
    const all = own({ "a-b": "dash", a_b: "underscore", [thief]: "thief" });
    expect(new Set(all.map(([, value]) => value))).toEqual(new Set(["dash", "thief", "underscore"]));
    expect(new Set(all.map(([name]) => name)).size).toBe(3);
    expect(new Map(all).get(mangled)).toBe("thief");
  });

  it("no label but namespace is OPENFERO_NAMESPACE", () => {
    const env = variables({ alert: anAlert({ labels: { alertname: "A", NAMESPACE: "kube-system", Namespace: "x" } }) });
    expect(env).not.toHaveProperty("OPENFERO_NAMESPACE");
    expect(Object.values(env)).toEqual(expect.arrayContaining(["kube-system", "x"]));
  });

  it("names that are no C identifiers, or taken, are mangled without collisions", () => {
    const labels = {
      "a-b": "dash",
      a_b: "underscore",
      "a.b": "dot",
      A_B: "capitals",
      ä: "umlaut",
      label_namespace: "l",
      namespace: "n",
    };
    const env = variables({ alert: anAlert({ labels }) });
    const ours = Object.entries(env).filter(([name]) => name.startsWith("OPENFERO_"));
    expect(env.OPENFERO_A_B).toBe("underscore");
    expect(env.OPENFERO_LABEL_NAMESPACE).toBe("n");
    expect(ours.map(([, value]) => value ?? "").toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "capitals",
      "dash",
      "dot",
      "l",
      "n",
      "n",
      "umlaut",
      "underscore",
    ]);
    for (const [name] of ours) expect(name).toMatch(/^[A-Z_][A-Z0-9_]*$/);
  });

  it("set in the template win, and ours come first so that theirs can refer to them", () => {
    const env = rendered(
      containers({
        env: [
          { name: "OPENFERO_DAEMONSET", value: "mine" },
          { name: "X", value: "$(OPENFERO_CLUSTER)" },
        ],
      }),
    ).spec?.template.spec?.containers[0]?.env;
    expect(env?.filter(({ name }) => name === "OPENFERO_DAEMONSET")).toEqual([
      { name: "OPENFERO_DAEMONSET", value: "mine" },
    ]);
    expect(env?.at(-1)).toEqual({ name: "X", value: "$(OPENFERO_CLUSTER)" });
  });
});
