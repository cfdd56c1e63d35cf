/** Input that cannot work: the message names the thing and the way out, the exit code says whose mistake it is, nothing is written. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { namespaces, serviceAccounts } from "../../src/kube/resources.ts";
import { withCluster } from "../scenarios/play.ts";
import { tokenKubeconfig } from "../support/account.ts";
import { requestsBy, writesBy } from "../support/audit.ts";
import { healer, healerUser } from "../support/cluster.ts";
import type { Ended } from "../support/program.ts";
import { runProgram } from "../support/program.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");
const playground = withCluster(() => startSandboxCluster({ programEntry }));

/** Runs the program with the Job's account unless `args` say otherwise. */
async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const cluster = playground.cluster();
  const { kubeconfig } = await cluster.account(healer.namespace, healer.name);
  return runProgram({ entry: programEntry, args, env: { HOME: cluster.scratch(), KUBECONFIG: kubeconfig, ...env } });
}

interface Case {
  name: string;
  args: readonly string[];
  env?: Record<string, string>;
  exit: number;
  /** What the output must name: the thing, and the way out. */
  says: readonly (string | RegExp)[];
}

const target = ["heal", "daemonset", "agent", "-n", "kube-system"];

const cases: readonly Case[] = [
  { name: "no namespace", args: ["heal", "daemonset", "agent"], exit: 2, says: ["no namespace", "-n NAMESPACE"] },
  {
    name: "an empty namespace",
    args: ["heal", "daemonset", "agent", "-n", ""],
    exit: 2,
    says: ["namespace is empty", "-n NAMESPACE"],
  },
  {
    name: "an empty namespace from the alert",
    args: ["heal", "daemonset"],
    env: { OPENFERO_NAMESPACE: "", OPENFERO_DAEMONSET: "agent" },
    exit: 2,
    says: ["namespace is empty", "OPENFERO_NAMESPACE"],
  },
  {
    name: "no name",
    args: ["heal", "daemonset", "-n", "kube-system"],
    exit: 2,
    says: ["no DaemonSet", "OPENFERO_DAEMONSET"],
  },
  {
    name: "an empty name from the alert",
    args: ["heal", "daemonset", "-n", "kube-system"],
    env: { OPENFERO_DAEMONSET: "" },
    exit: 2,
    says: ["DaemonSet is empty", "OPENFERO_DAEMONSET"],
  },
  {
    name: "a name that is none",
    args: ["heal", "daemonset", "$(reboot)", "-n", "kube-system"],
    exit: 2,
    says: ['"$(reboot)" is not the name of a DaemonSet'],
  },
  {
    name: "several mistakes, told together",
    args: ["heal", "daemonset", "--pace", "quick", "--rollback", "always"],
    exit: 2,
    says: ["no namespace", "no DaemonSet", '--pace is "quick"', "normal, fast", '--rollback is "always"'],
  },
  {
    name: "a DaemonSet that does not exist",
    args: target,
    exit: 2,
    says: ["kube-system/agent does not exist", "kubectl get daemonsets -n kube-system"],
  },
  { name: "an unknown flag", args: [...target, "--fast"], exit: 2, says: ["--fast", "--help"] },
  { name: "an unknown command", args: ["cure"], exit: 2, says: ['"cure"', "heal"] },
  {
    name: "an unknown kind",
    args: ["heal", "deployment", "agent"],
    exit: 2,
    says: ['"deployment"', "heal daemonset NAME"],
  },
  {
    name: "a kubeconfig that does not exist",
    args: [...target, "--kubeconfig", "/nowhere/config"],
    exit: 2,
    says: ["/nowhere/config", "--kubeconfig"],
  },
  { name: "a context that does not exist", args: [...target, "--context", "moon"], exit: 2, says: ["moon"] },
];

describe("heal", () => {
  it.concurrent.each(cases)("$name", async ({ args, env, exit, says }) => {
    const { code, stdout, stderr } = await run(args, env);
    const output = `${stdout}${stderr}`;
    expect(code, output).toBe(exit);
    for (const words of says) expect(output).toMatch(words);
    expect(output).not.toMatch(/^\s+at .*:\d+:\d+/m);
  });

  it.concurrent("a kubeconfig that is no YAML", async () => {
    const file = join(playground.cluster().scratch(), "kubeconfig");
    writeFileSync(file, "clusters: [\n  {");
    const { code, stdout, stderr } = await run([...target, "--kubeconfig", file]);
    expect(code, `${stdout}${stderr}`).toBe(2);
    expect(`${stdout}${stderr}`).toContain(file);
  });

  it.concurrent("an API server that is down", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, "close");
    const url = `https://127.0.0.1:${port}`;
    const file = join(playground.cluster().scratch(), "kubeconfig");
    writeFileSync(file, tokenKubeconfig({ url, caPem: "", user: "nobody", token: "none" }));
    const { code, stdout, stderr } = await run([...target, "--kubeconfig", file]);
    const output = `${stdout}${stderr}`;
    expect(code, output).toBe(1);
    expect(output).toContain(url);
    expect(output).toMatch(/does not answer/);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^fix: kubectl /);
  });

  it.concurrent("an account without rights: 403 names what is refused and the file that grants it", async () => {
    const cluster = playground.cluster();
    const { person } = cluster;
    await person.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "no-rights" } });
    await person.create(serviceAccounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { namespace: "no-rights", name: "nobody" },
    });
    const account = await cluster.account("no-rights", "nobody");
    const { code, stdout, stderr } = await run([...target, "--kubeconfig", account.kubeconfig]);
    const output = `${stdout}${stderr}`;
    expect(code, output).toBe(2);
    expect(output).toMatch(/nobody.*daemonsets/);
    expect(output).toContain("rbac.yaml");
    expect(writesBy(account.user, await cluster.audit())).toEqual([]);
    expect(requestsBy(account.user, await cluster.audit()).length).toBeGreaterThan(0);
  });
});

it("none of it wrote anything", async () => {
  expect(writesBy(healerUser, await playground.cluster().audit())).toEqual([]);
});
