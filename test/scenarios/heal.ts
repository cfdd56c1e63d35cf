/** Starts `operarius heal daemonset` for a stage as the Job does: the shipped account, the alert's labels as variables. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Receipt } from "../../src/engine/receipt-schema.ts";
import type { AccountFiles } from "../support/cluster.ts";
import { healer } from "../support/cluster.ts";
import type { Ended, Program } from "../support/program.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { alertLabels } from "./decoys.ts";
import type { Stage } from "./stage.ts";

export interface HealOptions {
  /** The bundled program. */
  entry: string;
  /** Beside --pace fast. */
  flags?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Default: the Job's own, from the shipped rbac.yaml. */
  account?: Pick<AccountFiles, "kubeconfig">;
}

export interface Healing {
  program: Program;
  /** Where the receipt is, or will be. */
  receiptFile: string;
  /** Undefined when the run left none. */
  receipt(): Receipt | undefined;
  readonly ended: Promise<Ended>;
}

function variablesOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [`OPENFERO_${name.toUpperCase().replaceAll("-", "_")}`, value]),
  );
}

/** Starts the program on the stage's DaemonSet. */
export async function startHeal(stage: Stage, options: HealOptions): Promise<Healing> {
  const { cluster } = stage;
  const account = options.account ?? (await cluster.account(cluster.healer.namespace, cluster.healer.name));
  const directory = cluster.scratch();
  const file = join(directory, "receipt.json");
  const program = startProgram({
    entry: options.entry,
    args: [
      "heal",
      "daemonset",
      "--pace",
      "fast",
      "--kubeconfig",
      account.kubeconfig,
      "--receipt",
      file,
      // Elsewhere the usual place is somebody else's.
      ...(cluster.healer.namespace === healer.namespace ? [] : ["--installation-namespace", cluster.healer.namespace]),
      ...(options.flags ?? []),
    ],
    env: { HOME: directory, ...variablesOf(alertLabels(stage)), ...options.env },
  });
  return {
    program,
    receiptFile: file,
    receipt: () => (existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Receipt) : undefined),
    ended: program.ended,
  };
}

/** Number of the cause that the run was about: of what it acted on, else of what it last or first saw. */
export function causeOf({ looks }: Receipt): string {
  const order = (["acted", "last", "first"] as const).map((as) => looks.find((look) => look.as.includes(as)));
  return order.flatMap((look) => look?.diagnosis.findings ?? [])[0]?.cause ?? "none";
}

/** Rejects unless `operarius replay` diagnoses and plans the run's receipt again and comes to the same. */
export async function expectReplay({ receiptFile }: Healing, entry: string): Promise<void> {
  const { code, stdout, stderr } = await runProgram({ entry, args: ["replay", receiptFile] });
  expect(code, `${stdout}${stderr}`).toBe(0);
  expect(stdout).toMatch(/The replay equals the receipt: (\d+) of \1 looks\.\n$/);
}
