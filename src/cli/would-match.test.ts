import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, describe, expect, it } from "vitest";
import { aBody, stuckLabels } from "../../test/support/control-fixture.ts";
import { operariusFolder } from "../../test/support/operarius-folder.ts";
import type { CliContext } from "./context.ts";
import { wouldMatchCommand } from "./would-match.ts";

const directory = mkdtempSync(join(tmpdir(), "operarius-would-match-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function run(args: readonly string[], input = "") {
  const out = { stdout: new PassThrough(), stderr: new PassThrough() };
  const context = {
    env: {},
    stdin: Readable.from([input]),
    ...out,
    signal: new AbortController().signal,
    startedAtMs: 0,
    now: Date.now,
  } as unknown as CliContext;
  const code = await wouldMatchCommand(args, context);
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, stdout: text(out.stdout), stderr: text(out.stderr) };
}

const podSpec = {
  initContainers: [{ name: "prepare", image: "i:1" }],
  containers: [
    {
      name: "fix",
      image: "example.com/fix:1",
      command: ["sh", "-c", "echo {{ .Labels.daemonset }} '{{ .Annotations.summary }}'"],
      args: ["--token=abcdef123456"],
      env: [
        { name: "FROM_SECRET", valueFrom: { secretKeyRef: { name: "db", key: "password" } } },
        { name: "API_TOKEN", value: "hunter22hunter22" },
      ],
    },
  ],
};

function manifest(name: string, selector: object, more: object = {}) {
  const alertSelector = { alertname: "KubeDaemonSetRolloutStuck", status: "firing", ...selector };
  const jobTemplate = { spec: { template: { spec: podSpec } } };
  const spec = { alertSelector, jobTemplate, ...more };
  return { apiVersion: "openfero.io/v1alpha1", kind: "Operarius", metadata: { name }, spec };
}

const several = file(
  "several.yaml",
  [
    manifest("generic", {}),
    { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "x" } },
    {
      kind: "List",
      apiVersion: "v1",
      items: [manifest("special", { matchers: ['severity=~"crit.*"'] }, { priority: 5 })],
    },
    manifest("broken", { matchers: ["a=~("] }),
  ]
    .map((each) => JSON.stringify(each))
    .join("\n---\n"),
);

describe("operarius would-match", () => {
  it("answers the shipped test alert with the shipped Operarius", async () => {
    const { code, stdout } = await run(["-f", join(operariusFolder, "test-alert.json"), "--operarii", operariusFolder]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^alert 1 of 1: KubeDaemonSetRolloutStuck, firing: answered$/m);
    expect(stdout).toMatch(/^ {2}target +DaemonSet kube-system\/test-daemonset in cluster test-cluster, from$/m);
    expect(stdout).toMatch(/^ {2}Operarius +daemonset-rollout-fix in namespace openfero/m);
    expect(stdout).toMatch(/^ {2}Job +daemonset-rollout-fix-[0-9a-z]{10}-EPISODE-ATTEMPT /m);
    expect(stdout).toMatch(/^ {4}args +heal daemonset /m);
    expect(stdout).toMatch(/OPENFERO_DAEMONSET=test-daemonset$/m);
    for (const line of stdout.split("\n").filter((each) => each.includes(" ") && !each.includes("OPENFERO_POD"))) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it("shows values as they would be, and of secrets only where they come from", async () => {
    const { code, stdout } = await run(["-f", "-", "--operarii", several], aBody());
    expect(code).toBe(0);
    expect(stdout).toMatch(/command +sh -c "echo agent 'stuck'"$/m);
    expect(stdout).toContain("FROM_SECRET from Secret db, key password");
    expect(stdout).not.toMatch(/hunter22|abcdef123456/);
    expect(stdout).toMatch(/others +(?:broken|special): /);
    expect(stdout).toMatch(/special: matcher severity=~"crit\.\*" fails: label severity is\s+"warning"/);
    expect(stdout).toContain("broken: it is invalid: spec.alertSelector.matchers[0]: ");
  });

  it("takes the one of the highest priority", async () => {
    const alert = JSON.stringify({ labels: stuckLabels({ severity: "critical" }), annotations: { summary: "s" } });
    const { code, stdout } = await run(["-f", "-", "--operarii", several, "-o", "json"], alert);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "operarius.openfero.io/would-match/v1",
      alerts: [
        {
          kind: "answered",
          operarius: { name: "special", namespace: "openfero", priority: 5 },
          target: { kind: "DaemonSet", namespace: "kube-system", name: "agent", from: "label daemonset" },
          job: {
            containers: [
              { name: "prepare", isInit: true },
              { name: "fix", command: ["sh", "-c", "echo agent 's'"] },
            ],
          },
          others: [
            { name: "generic", kind: "outranked" },
            { name: "broken", kind: "invalid" },
          ],
        },
      ],
      unreadable: [],
    });
  });

  it("says why nothing answers, with the nearest miss, and exits 1", async () => {
    const only = file("only.yaml", JSON.stringify(manifest("only", { labels: { team: "x" } })));
    const { code, stdout } = await run(
      ["-f", "-", "--operarii", only],
      aBody([{}, { labels: stuckLabels({ team: "x" }) }]),
    );
    expect(code).toBe(1);
    expect(stdout).toContain("alert 1 of 2: KubeDaemonSetRolloutStuck, firing: not answered");
    expect(stdout).toMatch(/nearest +only: label team is missing, it has to be "x"/);
    expect(stdout).toContain("alert 2 of 2: KubeDaemonSetRolloutStuck, firing: answered");
    expect(stdout).toMatch(/\n1 of 2 alerts would be answered by a Job\.\n$/);
  });

  it.each<[string, string, string[], RegExp]>([
    ["another cluster's", aBody(), ["--clusterName", "ours"], /refused.*\(OtherCluster\)/s],
    [
      "a label that a template names",
      JSON.stringify({ labels: { alertname: "KubeDaemonSetRolloutStuck" } }),
      [],
      /refused.*command\[2\]: .*\(TemplateInvalid\)/s,
    ],
    ["resolved", aBody([{ status: "resolved" }]), [], /not answered.*noted on the remediation/s],
    [
      "partly unreadable",
      JSON.stringify([{ labels: 7 }, { labels: stuckLabels(), annotations: { summary: "s" } }]),
      [],
      /unreadable +alert 1: /,
    ],
  ])("exits 1 for an alert that leads to nothing: %s", async (_, body, flags, says) => {
    const { code, stdout } = await run(["-f", "-", "--operarii", several, ...flags], body);
    expect(code).toBe(1);
    expect(stdout).toMatch(says);
  });

  it("reads every file of a folder", async () => {
    const folder = join(directory, "folder");
    mkdirSync(join(folder, "deep"), { recursive: true });
    writeFileSync(join(folder, "notes.txt"), "{{{");
    writeFileSync(join(folder, "a.yml"), JSON.stringify(manifest("a", {})));
    writeFileSync(join(folder, "deep", "b.yaml"), JSON.stringify(manifest("b", {})));
    const { stdout } = await run(["-f", "-", "--operarii", folder], aBody());
    expect(stdout).toMatch(/Operarius +a in/);
    expect(stdout).toMatch(/others +b: fits/);
  });

  it("prints nothing that a terminal would obey", async () => {
    const { stdout } = await run(
      ["-f", "-", "--operarii", several],
      aBody([{ labels: stuckLabels({ alertname: "\u001b[31mA" }) }]),
    );
    expect(stdout).not.toContain("\u001b");
  });

  const alert = file("alert.json", aBody());
  it.each<[string, string[], RegExp]>([
    ["no file", [], /give -f FILE/],
    ["a word too many", ["-f", alert, "more"], /too (?:many|much)/],
    ["a flag nobody knows", ["-f", alert, "--nope"], /--nope/],
    ["another format", ["-f", alert, "-o", "xml"], /not text or json/],
    ["a file that is not there", ["-f", join(directory, "none.json")], /cannot be read/],
    ["a file that is no JSON", ["-f", file("bad.json", "{")], /not JSON/],
    ["Operarii that are not there", ["-f", alert, "--operarii", join(directory, "none")], /cannot be read/],
    ["a file without an Operarius", ["-f", alert, "--operarii", alert], /no Operarius/],
    ["a file that is no YAML", ["-f", alert, "--operarii", file("bad.yaml", "a: [")], /not YAML/],
    [
      "an Operarius without a name",
      ["-f", alert, "--operarii", file("nameless.yaml", JSON.stringify({ ...manifest("", {}), metadata: null }))],
      /no name/,
    ],
    ["no cluster", ["-f", alert, "--kubeconfig", join(directory, "none")], /kubeconfig/],
  ])("exits 2: %s", async (_, args, says) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(says);
  });
});
