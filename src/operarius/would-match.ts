/** What would become of an alert, without doing any of it (pure). */
import type { Container, EnvVar } from "kubernetes-types/core/v1";
import { redact } from "../engine/redact.ts";
import type { Alert, HookMessage } from "../intake/alert.ts";
import { alertName } from "../intake/alert.ts";
import type { ExplainedOperarius, Unmatched } from "./explain-match.ts";
import { explainMatch } from "./explain-match.ts";
import { jobName, remediationName, targetHash } from "./names.ts";
import type { Operarius, ReadOperarius } from "./operarius.ts";
import { ownTarget } from "./own-target.ts";
import { renderJob } from "./render-job.ts";
import type { Target } from "./target.ts";
import { targetSource } from "./target.ts";

/** A variable of a container: a value, or where Kubernetes takes it from. */
export interface ShownVariable {
  name: string;
  value?: string;
  /** For example "Secret db, key password". */
  from?: string;
}

export interface ShownContainer {
  name: string;
  isInit: boolean;
  image: string;
  command: string[];
  args: string[];
  env: ShownVariable[];
}

/** Job of the first attempt of a first episode. */
export interface ShownJob {
  name: string;
  namespace: string;
  containers: ShownContainer[];
}

export interface WouldMatch {
  alertname: string;
  status: string;
  /** answered: a Job would run. refused: an Operarius answers, but no Job can be. unmatched: nothing answers. */
  kind: "answered" | "refused" | "unmatched";
  operarius?: { name: string; namespace: string; priority: number };
  /** `from` says which label it was taken from. */
  target?: Target & { from: string };
  job?: ShownJob;
  /** Why it is refused. */
  refused?: { reason: string; message: string };
  /** Why nothing answers. */
  unmatched?: Unmatched;
  /** The Operarii that do not answer, the nearest first. */
  others: readonly ExplainedOperarius[];
}

export interface WouldMatchOptions {
  /** Of the server; "" when it is not told. */
  clusterName: string;
  installationNamespace: string;
  /** RFC 3339. */
  now: string;
}

/** What a server would do about an alert that has no remediation yet. Variables called a secret have no value in it. */
export function wouldMatch(
  { alert, hook }: { alert: Alert; hook: HookMessage },
  operarii: readonly ReadOperarius[],
  options: WouldMatchOptions,
): WouldMatch {
  const { answer, unmatched, operarii: explained } = explainMatch(alert, operarii);
  const about = { alertname: alertName(alert), status: alert.status };
  const others = explained.filter(({ kind }) => kind !== "answers");
  if (answer === undefined) {
    return { ...about, kind: "unmatched", ...(unmatched === undefined ? {} : { unmatched }), others };
  }
  const { name, namespace } = answer.metadata;
  const operarius = { name, namespace, priority: answer.spec.priority ?? 0 };
  const found = ownTarget(alert, answer, options.clusterName);
  if (found.kind === "none") {
    return { ...about, kind: "refused", operarius, refused: { reason: found.reason, message: found.message }, others };
  }
  const source = { clusterName: options.clusterName, override: answer.spec.target };
  const target = { ...found.target, from: targetSource(alert, source) };
  const job = firstJob({ alert, hook, operarius: answer, target: found.target }, options);
  return "reason" in job
    ? { ...about, kind: "refused", operarius, target, refused: job, others }
    : { ...about, kind: "answered", operarius, target, job, others };
}

function firstJob(
  { target, ...input }: { alert: Alert; hook: HookMessage; operarius: Operarius; target: Target },
  { installationNamespace, now }: WouldMatchOptions,
): ShownJob | { reason: string; message: string } {
  const hash = targetHash(target);
  const { name, namespace } = input.operarius.metadata;
  const rendered = renderJob({
    ...input,
    jobName: jobName(name, hash, 1, 1),
    remediation: { name: remediationName(target, hash, 1), uid: "" },
    attempt: 1,
    createdAt: now,
    installationNamespace,
    pace: "normal",
  });
  if (rendered.kind === "invalid") {
    const message = rendered.problems.map(({ path, message: why }) => `${path}: ${why}`).join("; ");
    return { reason: "TemplateInvalid", message };
  }
  const podSpec = rendered.job.spec?.template.spec;
  return {
    name: rendered.job.metadata?.name ?? "",
    namespace,
    containers: [
      ...(podSpec?.initContainers ?? []).map((each) => shownContainer(each, true)),
      ...(podSpec?.containers ?? []).map((each) => shownContainer(each, false)),
    ],
  };
}

function shownContainer({ name, image = "", command = [], args = [], env = [] }: Container, isInit: boolean) {
  // What the server tells every Job is the same for all of them, and not known yet.
  const told = env.filter((each) => !/^(?:OPERARIUS_(?!VALUE_)|NODE_NAME$)/.test(each.name));
  return {
    name,
    isInit,
    image,
    command: command.map((word) => redact(word)),
    args: args.map((word) => redact(word)),
    env: told.map(shownVariable),
  };
}

const SECRET = /PASS|SECRET|TOKEN|KEY|CREDENTIAL/i;

function shownVariable({ name, value = "", valueFrom }: EnvVar): ShownVariable {
  if (valueFrom !== undefined) return { name, from: sourceOf(valueFrom) };
  return { name, value: SECRET.test(name) && value !== "" ? "[redacted]" : redact(value) };
}

function sourceOf({ secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef }: NonNullable<EnvVar["valueFrom"]>) {
  if (secretKeyRef !== undefined) return `Secret ${secretKeyRef.name ?? ""}, key ${secretKeyRef.key}`;
  if (configMapKeyRef !== undefined) return `ConfigMap ${configMapKeyRef.name ?? ""}, key ${configMapKeyRef.key}`;
  return fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? "elsewhere";
}
