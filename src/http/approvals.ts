/** The API for people: Remediations, and the answer to a plan that awaits approval. Opened by tokens of the cluster. */
import type { Hono, HonoRequest } from "hono";
import { z } from "zod";
import type { ApprovalAnswer } from "../control/approve.ts";
import { judgeAnswer, writeAnswer } from "../control/approve.ts";
import { withWayOut } from "../control/way-out.ts";
import type { ByteBudget } from "../intake/body.ts";
import { readBody } from "../intake/body.ts";
import { isConflict, isNotFound, StatusError } from "../kube/errors.ts";
import type { Live } from "../kube/types.ts";
import type { Remediation } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { problem, retryLater } from "./answers.ts";
import type { AppOptions } from "./options.ts";
import type { People } from "./people.ts";
import { createPeople } from "./people.ts";
import { addRoutes } from "./routes.ts";

/** Far above any answer; one is a decision, a digest and a sentence. */
const LONGEST_ANSWER = 64 * 1024;

const answerSchema = z.strictObject({
  decision: z.enum(["approve", "deny"]),
  planDigest: z.string().min(1).max(200).optional(),
  reason: z.string().max(1000).optional(),
});

interface Parts {
  options: AppOptions;
  people: People;
  budget: ByteBudget;
}

/** Adds the routes below /api/remediations. */
export function addApprovals(app: Hono, options: AppOptions, budget: ByteBudget): void {
  const parts: Parts = { options, people: createPeople(options.receiver.context, options.writeTimeoutMs), budget };
  addRoutes(app, {
    "/api/remediations": { GET: (request) => listRemediations(parts, request) },
    "/api/remediations/:name": { GET: (request) => getRemediation(parts, request) },
    "/api/remediations/:name/approval": { POST: (request) => postApproval(parts, request) },
  });
}

async function listRemediations(parts: Parts, request: HonoRequest): Promise<Response> {
  const { kube, settings } = parts.options.receiver.context;
  const admission = await admit(parts, request, "list");
  if (admission.kind === "refused") return admission.response;
  return answered(async () => {
    const items: object[] = [];
    for await (const page of kube.pages(remediations, { namespace: settings.namespace })) {
      if (page.first) items.length = 0;
      items.push(...page.items.map(summary));
    }
    return Response.json({ items });
  });
}

async function getRemediation(parts: Parts, request: HonoRequest): Promise<Response> {
  const admission = await admit(parts, request, "get");
  if (admission.kind === "refused") return admission.response;
  return answered(async () => {
    const { metadata, spec, status = {} } = await load(parts, request);
    const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
    return Response.json({ metadata: { name, namespace, uid, resourceVersion, creationTimestamp }, spec, status });
  });
}

async function postApproval(parts: Parts, request: HonoRequest): Promise<Response> {
  const { log, kube, now } = parts.options.receiver.context;
  const admission = await admit(parts, request, "patch");
  if (admission.kind === "refused") return admission.response;
  const read = await readAnswer(request, parts.budget);
  if (read instanceof Response) return read;
  const answer: ApprovalAnswer = { ...read, by: admission.user.username };
  return answered(async () => {
    const remediation = await load(parts, request);
    const verdict = judgeAnswer(remediation, answer, now());
    if (verdict.kind === "refused") {
      const { reason, message, planDigest } = verdict;
      return Response.json({ error: message, reason, planDigest }, { status: 409 });
    }
    const { planDigest } = verdict;
    const written = await writeAnswer(kube, remediation, { ...answer, planDigest });
    const { name } = written.metadata;
    log.info({ remediation: name, decision: answer.decision, planDigest, by: answer.by }, "a plan was answered");
    parts.options.receiver.wake?.(name);
    return Response.json({ remediation: name, approval: written.spec.approval });
  });
}

function admit({ options, people }: Parts, request: HonoRequest, verb: string): ReturnType<People["admit"]> {
  const { group, plural: resource } = remediations;
  const { namespace } = options.receiver.context.settings;
  const name = request.param("name");
  const access = { verb, group, resource, namespace, ...(name === undefined ? {} : { name }) };
  return people.admit(request.header("authorization"), access);
}

function load({ options }: Parts, request: HonoRequest): Promise<Live<Remediation>> {
  const { kube, settings } = options.receiver.context;
  return kube.get(remediations, { namespace: settings.namespace, name: request.param("name") ?? "" });
}

/** What the API server says to us, as our own answer: it is not the person's fault when it cannot be asked. */
async function answered(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (isNotFound(error)) return problem(404, "there is no such Remediation");
    if (isConflict(error)) return problem(409, "the Remediation changed meanwhile; look at it again");
    if (error instanceof StatusError && (error.code === 400 || error.code === 422)) return problem(400, error.message);
    return retryLater({ error: `not done, please try again: ${withWayOut(error)}` });
  }
}

async function readAnswer(request: HonoRequest, budget: ByteBudget): Promise<z.infer<typeof answerSchema> | Response> {
  const body = await readBody(request.raw, budget, { bytes: LONGEST_ANSWER });
  switch (body.kind) {
    case "too-large":
      return problem(413, `the body is larger than ${body.limit} bytes`, { Connection: "close" });
    case "busy":
      return retryLater({ error: "too much is being read at once, please try again" });
    case "unreadable":
      return problem(400, `the body could not be read: ${body.message}`);
    case "text":
      budget.giveBack(body.bytes);
      return parseAnswer(body.text);
  }
}

function parseAnswer(text: string): z.infer<typeof answerSchema> | Response {
  const form = 'send {"decision": "approve" or "deny", "planDigest": "...", "reason": "..."}';
  try {
    const parsed = answerSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const what = parsed.error.issues.map(({ path, message }) => [...path.map(String), message].join(": ")).join("; ");
    return problem(400, `${what}; ${form}`);
  } catch {
    return problem(400, `the body is not JSON; ${form}`);
  }
}

/** What a list shows of a record: no labels of the alert, no attempts one by one. */
function summary({ metadata, spec, status = {} }: Live<Remediation>): object {
  const { phase = "Pending", reason, message, cause, planDigest, approvalExpiresAt, endedAt, attempts = [] } = status;
  return {
    name: metadata.name,
    target: spec.target,
    operarius: spec.operarius.name,
    alert: spec.alert.labels.alertname,
    receivedAt: spec.receivedAt,
    phase,
    reason,
    message,
    cause,
    planDigest,
    approvalExpiresAt,
    endedAt,
    attempts: attempts.length,
  };
}
