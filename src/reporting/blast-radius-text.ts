/** The words and the JSON of `operarius blast-radius`: what may be done to which DaemonSet, and the worst case (pure). */
import { z } from "zod";
import type { Allowance, Permission } from "../engine/guards/allowance.ts";
import { CLUSTER_DELETIONS, CLUSTER_TEMPLATE_WRITES } from "../engine/guards/cluster-budget.ts";
import { policyWords } from "./diagnosis-text.ts";
import type { Column, Screen } from "./layout.ts";
import { painter, table, wrapped } from "./layout.ts";
import type { PoliciesInForce } from "./look.ts";

/** One DaemonSet; `error` where it could not be judged, which does not concern the others. */
export interface Radius {
  namespace: string;
  name: string;
  /** How many pods it should have. */
  pods: number;
  allowance: Allowance | undefined;
  error: string;
}

export interface BlastRadius {
  at: number;
  /** "in all namespaces". */
  where: string;
  radii: readonly Radius[];
  policies: PoliciesInForce;
  unread: readonly { what: string; message: string }[];
}

const COLUMNS: readonly Column[] = [
  { title: "NAMESPACE" },
  { title: "NAME" },
  { title: "PODS" },
  { title: "CLASS" },
  { title: "DELETE" },
  { title: "ROLLBACK" },
  { title: "RESTART" },
  { title: "DEL/H" },
  { title: "WRITES/H" },
  { title: "OWNER", least: 10, optional: 1 },
];

/** The worst hour of all of them together; the limits of the whole cluster hold. */
export function worstHour(radii: readonly Radius[]): { deletions: number; templateWrites: number } {
  const sum = (of: (worst: Allowance["worstCase"]) => number): number =>
    radii.reduce((total, { allowance }) => total + (allowance ? of(allowance.worstCase) : 0), 0);
  return {
    deletions: Math.min(
      CLUSTER_DELETIONS,
      sum(({ deletionsPerHour }) => deletionsPerHour),
    ),
    templateWrites: Math.min(
      CLUSTER_TEMPLATE_WRITES,
      sum(({ templateWritesPerHour }) => templateWritesPerHour),
    ),
  };
}

function sentence({ radii, where }: BlastRadius): string {
  if (radii.length === 0) return `There is no DaemonSet ${where}.`;
  const { deletions, templateWrites } = worstHour(radii);
  const sets = radii.length === 1 ? "1 DaemonSet" : `${radii.length} DaemonSets`;
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
  return `${sets} ${where}. Without a person's word the worst hour is ${count(deletions, "deleted pod")} and ${count(templateWrites, "write")} of a template, all of them together.`;
}

function className({ class: classified }: Allowance): string {
  return classified.class === "none" ? "plain" : classified.class;
}

function row({ namespace, name, pods, allowance }: Radius): string[] {
  if (!allowance) return [namespace, name, String(pods), "?", "?", "?", "?", "?", "?", "?"];
  const { worstCase, owner } = allowance;
  return [
    namespace,
    name,
    String(pods),
    className(allowance),
    allowance.delete.how,
    allowance.rollback.how,
    allowance.restart.how,
    String(worstCase.deletionsPerHour),
    String(worstCase.templateWritesPerHour),
    owner?.name ?? "-",
  ];
}

/** Lines for a person; ends with a newline. */
export function blastRadiusText(
  given: BlastRadius,
  screens: { text: Screen; table: Screen },
  details: boolean,
): string {
  const { radii, policies, unread } = given;
  const { width } = screens.text;
  const paint = painter(screens.text);
  const lines = wrapped(sentence(given), width).map((line) => paint("strong", line));
  if (radii.length === 0) return `${lines.join("\n")}\n`;
  const { lines: made, omitted } = table(COLUMNS, radii.map(row), screens.table);
  const [heading = "", ...rows] = made;
  lines.push("", paint("strong", heading), ...rows);
  if (omitted.length > 0) lines.push(paint("quiet", `(no room for ${omitted.join(", ")})`));
  const notes = [
    `Policies: ${policyWords(policies.flags)} (${policies.source}); annotations are taken into account.`,
    "automatic: where the diagnosis calls for it and no guard forbids it. approval: once a person has approved exactly that plan.",
    ...unread.map(({ what, message }) => `Not evaluated: ${what} cannot be read with these rights (${message}).`),
    ...radii.flatMap(({ namespace, name, error }) =>
      error === "" ? [] : [`${namespace}/${name} could not be judged: ${error}`],
    ),
    ...(details ? [] : ["Why: the same command with --details."]),
  ];
  lines.push("", ...notes.flatMap((note) => wrapped(note, width)));
  if (details) for (const radius of radii) lines.push("", ...detail(radius, width, paint));
  return `${lines.join("\n")}\n`;
}

function detail({ namespace, name, allowance }: Radius, width: number, paint: ReturnType<typeof painter>): string[] {
  const title = paint("strong", `${namespace}/${name}`);
  if (!allowance) return [title];
  const { class: classified, owner } = allowance;
  const entry = (what: string, { how, message }: Permission): string[] =>
    wrapped(`${what}: ${how}. ${message}`, width, "  ", "    ");
  return [
    title,
    ...wrapped(
      classified.class === "none" ? "class: plain" : `class: ${classified.class}, because it ${classified.evidence}`,
      width,
      "  ",
      "    ",
    ),
    ...(owner ? wrapped(`owner: ${owner.name}; to be changed there: ${owner.change}`, width, "  ", "    ") : []),
    ...entry("delete", allowance.delete),
    ...entry("rollback", allowance.rollback),
    ...entry("restart", allowance.restart),
  ];
}

const permission = z.object({
  how: z.enum(["automatic", "approval", "never"]),
  reason: z.string().describe("Stable CamelCase constant."),
  message: z.string(),
});

/** `operarius blast-radius -A -o json`. */
export const blastRadiusSchema = z
  .object({
    schema: z.literal("operarius.openfero.io/blast-radius/v1"),
    at: z.iso.datetime().describe("When the cluster was read."),
    policies: z.object({ strategy: z.string(), rollback: z.string(), delete: z.string(), source: z.string() }),
    worstHour: z
      .object({ deletions: z.number(), templateWrites: z.number() })
      .describe("What can happen within one hour without a person's word, all DaemonSets together."),
    notEvaluated: z.array(z.object({ what: z.string(), message: z.string() })).readonly(),
    items: z
      .array(
        z.object({
          namespace: z.string(),
          name: z.string(),
          pods: z.number().describe("How many it should have."),
          class: z.enum(["path", "driver", "buffer", "plain"]).optional(),
          evidence: z.string().optional().describe("What makes it one of its class."),
          owner: z.object({ name: z.string(), change: z.string(), command: z.string() }).optional(),
          delete: permission.optional(),
          rollback: permission.optional(),
          restart: permission.optional(),
          worstCase: z.object({ deletionsPerHour: z.number(), templateWritesPerHour: z.number() }).optional(),
          error: z.string().optional().describe("Why it could not be judged."),
        }),
      )
      .readonly(),
  })
  .describe("What may be done to which DaemonSet under the policies in force.");

/** The document of all of them. */
export function blastRadiusDocument({ at, radii, policies, unread }: BlastRadius): z.infer<typeof blastRadiusSchema> {
  const { strategy, rollback, delete: deletion } = policies.flags;
  return {
    schema: "operarius.openfero.io/blast-radius/v1",
    at: new Date(at).toISOString(),
    policies: { strategy, rollback, delete: deletion, source: policies.source },
    worstHour: worstHour(radii),
    notEvaluated: unread,
    items: radii.map(({ namespace, name, pods, allowance, error }) => {
      if (!allowance) return { namespace, name, pods, error };
      const { class: classified, owner, delete: deleting, rollback: back, restart, worstCase } = allowance;
      return {
        namespace,
        name,
        pods,
        class: classified.class === "none" ? "plain" : classified.class,
        evidence: classified.evidence,
        ...(owner ? { owner: { ...owner } } : {}),
        delete: deleting,
        rollback: back,
        restart,
        worstCase,
      };
    }),
  };
}
