/** The JSON of `operarius diagnose`, whose members only ever grow within a version: one definition gives the published schema and the type of what is printed (pure). */
import { z } from "zod";
import type { Diagnosis } from "../engine/types.ts";
import type { PartlyLook, PoliciesInForce, TargetLook } from "./look.ts";
import { headline, standingOf } from "./look.ts";

const lines = z.array(z.string()).readonly();

const target = z
  .object({ cluster: z.string(), kind: z.string(), namespace: z.string(), name: z.string() })
  .describe("What was looked at. cluster is empty where one installation serves one cluster.");

const finding = z.object({
  cause: z.string().describe('Number in the catalogue of causes, for example "C01"; "none" without trouble.'),
  reason: z.string().describe("Stable CamelCase constant."),
  message: z.string().describe("One sentence for a person."),
  evidence: lines,
  pods: lines.describe("Names of the pods it rests on."),
  nodes: lines.describe("Names of the nodes it rests on."),
  commands: lines.describe("What a person runs to fix it; the first is the best."),
});

const diagnosis = z.object({
  kind: z.enum(["healthy", "pending", "unhealthy"]),
  reason: z.string(),
  message: z.string(),
  recheckAfterMs: z.number().optional().describe("pending: when what is moving would count as stuck."),
  onlyLater: z.boolean().optional().describe("pending: nothing is expected to end much before that."),
  findings: z.array(finding).readonly().optional(),
  ruledOut: z
    .array(z.object({ what: z.string(), why: z.string() }))
    .readonly()
    .optional(),
});

const root = z.string().describe("What is behind it, and maybe behind others: node/n2, registry/example.com, ...");

const step = z
  .looseObject({ kind: z.string(), reason: z.string().optional(), summary: z.string() })
  .describe("One write, as data: delete-pod, restart, rollback, ...");

const plan = z.object({
  kind: z.enum(["nothing", "wait", "act", "decline", "blocked"]),
  reason: z.string(),
  message: z.string(),
  steps: z.array(step).readonly().optional(),
  more: z.boolean().optional().describe("Further steps may follow once these have worked."),
  needsApproval: z.boolean().optional(),
  digest: z.string().optional().describe("What an approval names."),
  fence: z
    .object({ uid: z.string(), generation: z.number(), templateHash: z.string() })
    .optional()
    .describe("What it was planned against: its writes are refused when any of it has changed."),
  recheckAfterMs: z.number().optional(),
  notes: z
    .object({ delete: z.string(), template: z.string() })
    .optional()
    .describe("Why a step of the runbook is or is not taken."),
});

const guard = z.object({
  name: z.string(),
  result: z.object({
    kind: z.enum(["pass", "veto", "needs-approval", "not-evaluated"]),
    reason: z.string().optional(),
    scope: z.string().optional(),
    message: z.string().optional(),
    command: z.string().optional(),
    root: root.optional(),
  }),
});

const policies = z.object({
  strategy: z.enum(["guided", "restart"]),
  rollback: z.enum(["off", "suggest", "approve", "auto"]),
  delete: z.enum(["off", "on"]),
  source: z.string().describe("Where they are from: flags, an Operarius of the cluster, or the shipped defaults."),
});

const look = z.object({
  target,
  standing: z.enum(["stuck", "moving", "healthy", "unknown"]),
  sentence: z.string().describe("What a person reads first."),
  counts: z
    .object({ desired: z.number(), available: z.number() })
    .optional()
    .describe("By recount; as reported by its status where evaluated is false."),
  evaluated: z.boolean().describe("False when too little could be read to count and judge it."),
  diagnosis: diagnosis.optional(),
  plan: plan.optional(),
  guards: z.array(guard).readonly().optional(),
  veto: z
    .object({ reason: z.string(), message: z.string(), command: z.string().optional(), root: root.optional() })
    .optional()
    .describe("The first guard that forbids the plan, and what a person runs instead."),
  loweredPolicies: lines.optional().describe("Policies that annotations lower for this target."),
  owner: z.string().optional().describe("Who else manages the template; absent = nobody besides kubectl."),
  changedAt: z.iso.datetime().optional().describe("When its spec was last changed."),
  ledger: z
    .object({ read: z.boolean(), intents: z.array(z.looseObject({})).readonly(), message: z.string().optional() })
    .optional()
    .describe("What was already tried on it in the last 24 hours."),
  notEvaluated: lines.describe("Resources that could not be read with these rights."),
});

const head = {
  at: z.iso.datetime().describe("When the cluster was read."),
  policies,
  pause: z.string().describe("Why nothing may be written at present; empty = nothing is known to stand in the way."),
};

/** `operarius diagnose daemonset NAME -o json`. */
export const diagnosisSchema = look
  .extend({
    schema: z.literal("operarius.openfero.io/diagnosis/v1"),
    ...head,
    observation: z
      .looseObject({})
      .optional()
      .describe("The facts that were judged. Fields may be added in any release."),
  })
  .describe("Why one DaemonSet is or is not stuck, and what would be done.");

/** `operarius diagnose -A -o json`. */
export const diagnosisListSchema = z
  .object({
    schema: z.literal("operarius.openfero.io/diagnosis-list/v1"),
    ...head,
    scope: z.object({ namespace: z.string().optional(), labelSelector: z.string().optional() }),
    counts: z
      .object({
        looked: z.number(),
        stuck: z.number(),
        moving: z.number(),
        healthy: z.number(),
        unknown: z.number(),
      })
      .describe("DaemonSets, by how they stand."),
    notEvaluated: z.array(z.object({ what: z.string(), message: z.string() })).readonly(),
    items: z.array(look).readonly().describe("Those that are not healthy, in the order of namespace and name."),
  })
  .describe("Every DaemonSet of the scope that is stuck, still moving, or could not be judged.");

type LookDocument = z.infer<typeof look>;
export type DiagnosisDocument = z.infer<typeof diagnosisSchema>;
export type DiagnosisListDocument = z.infer<typeof diagnosisListSchema>;

interface Head {
  at: number;
  policies: PoliciesInForce;
  pause: string;
}

function headOf({ at, policies: { flags, source }, pause }: Head) {
  const { strategy, rollback, delete: deletion } = flags;
  return { at: new Date(at).toISOString(), policies: { strategy, rollback, delete: deletion, source }, pause };
}

function changed(changedAt: number | undefined): Pick<LookDocument, "changedAt"> {
  return changedAt === undefined ? {} : { changedAt: new Date(changedAt).toISOString() };
}

/** Findings may carry what only the remedy itself reads. */
function diagnosisOf(given: Diagnosis): z.infer<typeof diagnosis> {
  if (given.kind === "healthy") return given;
  const findings = given.findings.map(({ cause, reason, message, evidence, pods, nodes, commands }) => ({
    cause,
    reason,
    message,
    evidence,
    pods,
    nodes,
    commands,
  }));
  return { ...given, findings };
}

function partlyDocument(given: PartlyLook): LookDocument {
  const { target: of, message, counts, owner, changedAt, unread } = given;
  return {
    target: of,
    standing: standingOf(given),
    sentence: message,
    counts,
    evaluated: false,
    ...(owner === "" ? {} : { owner }),
    ...changed(changedAt),
    notEvaluated: unread,
  };
}

/** One target, as an item of a list. */
function lookDocument(given: TargetLook): LookDocument {
  const { target: of } = given;
  if (given.kind === "partly") return partlyDocument(given);
  if (given.kind === "failed")
    return { target: of, standing: "unknown", sentence: given.message, evaluated: false, notEvaluated: [] };
  const { preview, description, ledger, owner, changedAt, unread } = given;
  const { proposal, veto, guards } = preview;
  return {
    target: of,
    standing: standingOf(given),
    sentence: headline(given),
    ...(description.counts ? { counts: description.counts } : {}),
    evaluated: true,
    diagnosis: diagnosisOf(preview.diagnosis),
    plan: proposal.kind === "blocked" ? proposal : proposal.plan,
    guards,
    ...(veto ? { veto } : {}),
    loweredPolicies: proposal.kind === "blocked" ? [] : proposal.notes,
    ...(owner === "" ? {} : { owner }),
    ...changed(changedAt),
    ledger:
      ledger.kind === "read"
        ? { read: true, intents: ledger.intents.map((intent) => ({ ...intent })) }
        : { read: false, intents: [], message: ledger.message },
    notEvaluated: unread,
  };
}

/** The document of one DaemonSet. */
export function diagnosisDocument(given: TargetLook, around: Head, observation: object | undefined): DiagnosisDocument {
  return {
    schema: "operarius.openfero.io/diagnosis/v1",
    ...headOf(around),
    ...lookDocument(given),
    ...(observation === undefined ? {} : { observation: { ...observation } }),
  };
}

/** The document of many. */
export function diagnosisListDocument(
  around: Head & { looks: readonly TargetLook[]; unread: readonly { what: string; message: string }[] },
  scope: { namespace: string | undefined; labelSelector?: string | undefined },
): DiagnosisListDocument {
  const { looks, unread } = around;
  const standing = (wanted: string) => looks.filter((each) => standingOf(each) === wanted).length;
  return {
    schema: "operarius.openfero.io/diagnosis-list/v1",
    ...headOf(around),
    scope: {
      ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
      ...(scope.labelSelector === undefined ? {} : { labelSelector: scope.labelSelector }),
    },
    counts: {
      looked: looks.length,
      stuck: standing("stuck"),
      moving: standing("moving"),
      healthy: standing("healthy"),
      unknown: standing("unknown"),
    },
    notEvaluated: unread,
    items: looks.filter((each) => standingOf(each) !== "healthy").map(lookDocument),
  };
}
