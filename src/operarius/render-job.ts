import type { Job, JobSpec } from "kubernetes-types/batch/v1";
import type { Container, EnvVar, PodSpec } from "kubernetes-types/core/v1";
import type { Alert, HookMessage } from "../intake/alert.ts";
import { alertName } from "../intake/alert.ts";
import { labelVariables, withVariables } from "./environment.ts";
import { escapeReferences } from "./expansion.ts";
import type { TemplateValue } from "./go-template.ts";
import { renderTemplate, templateError } from "./go-template.ts";
import { hashGroupKey } from "./group-key.ts";
import { labelValue } from "./names.ts";
import type { Operarius } from "./operarius.ts";
import { avoidingNodes } from "./placement.ts";
import { referencesInScript, scriptPosition } from "./shell-script.ts";

/** Everything a Job is made of; nothing else is read. */
export interface RenderInput {
  operarius: Operarius;
  alert: Alert;
  hook: HookMessage;
  jobName: string;
  /** The record this Job belongs to: becomes the owner. */
  remediation: { name: string; uid: string };
  attempt: number;
  /** When the Job is made, RFC 3339: its deadline counts from here, not from the start of its program. */
  createdAt: string;
  /** Where the installation keeps its own objects. */
  installationNamespace: string;
  pace: "normal" | "fast";
  /** Of the installation; approve is handed on. */
  mode?: "observe" | "approve" | "auto";
  approvedPlan?: string | undefined;
  /** Nodes on which the pod must not run. */
  avoidNodes?: readonly string[];
}

export interface TemplateProblem {
  /** Where in the Operarius, for example spec.jobTemplate.spec.template.spec.containers[0].args[1]. */
  path: string;
  message: string;
}

export type RenderResult = { kind: "job"; job: Job } | { kind: "invalid"; problems: TemplateProblem[] };

/** Label on Jobs and their pods: the Remediation they belong to. */
const REMEDIATION_LABEL = "operarius.openfero.io/remediation";
export const MANAGED_BY_LABEL = "openfero.io/managed-by";
export const MANAGED_BY = "openfero";

/** For Jobs of Operarii that set none: they end, and they are collected. In seconds. */
const DEFAULT_DEADLINE = 3600;
const DEFAULT_TTL = 86_400;
const POD_SPEC_PATH = "spec.jobTemplate.spec.template.spec";

/** Renders the Job of one attempt (CONTRACT §1 "The Job", §3.5-3.8, §3.12). Every problem is reported, with its path. */
export function renderJob(input: RenderInput): RenderResult {
  const { operarius, remediation } = input;
  const { jobTemplate } = operarius.spec;
  const spec: JobSpec = {
    ...jobTemplate.spec,
    activeDeadlineSeconds: jobTemplate.spec.activeDeadlineSeconds ?? DEFAULT_DEADLINE,
    ttlSecondsAfterFinished: jobTemplate.spec.ttlSecondsAfterFinished ?? DEFAULT_TTL,
  };
  const problems: TemplateProblem[] = [];
  const data = templateData(input.alert, input.hook);
  const render: Render = (text, path, protect = escapeReferences) => {
    const rendered = renderTemplate(text, data, protect);
    if (rendered.kind === "text") return rendered.text;
    problems.push({ path, message: rendered.message });
    return text;
  };
  const variables = [...labelVariables(input.alert.labels), ...ownVariables(input, spec)];
  const podSpec = renderPodSpec(jobTemplate.spec.template.spec ?? { containers: [] }, variables, render);
  if (problems.length > 0) return { kind: "invalid", problems };
  const identity = identityOf(input);
  const podMetadata = jobTemplate.spec.template.metadata;
  const tracking = { [MANAGED_BY_LABEL]: MANAGED_BY, [REMEDIATION_LABEL]: labelValue(remediation.name) };
  return {
    kind: "job",
    job: {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        name: input.jobName,
        namespace: operarius.metadata.namespace,
        labels: { ...jobTemplate.metadata?.labels, ...identity.labels, ...tracking },
        annotations: { ...jobTemplate.metadata?.annotations, ...identity.annotations },
        ownerReferences: [
          {
            apiVersion: "openfero.io/v1alpha1",
            kind: "Remediation",
            name: remediation.name,
            uid: remediation.uid,
            controller: true,
          },
        ],
      },
      spec: {
        ...spec,
        template: {
          metadata: { ...podMetadata, labels: { ...podMetadata?.labels, ...tracking } },
          spec: avoidingNodes(podSpec, input.avoidNodes ?? []),
        },
      },
    },
  };
}

/** The templates of an Operarius that no alert could fill, one sentence for all of them; "" when there are none. */
export function templateProblems(operarius: Operarius): string {
  const problems: string[] = [];
  const check: Render = (text, path) => {
    const message = templateError(text);
    if (message !== undefined) problems.push(`${path}: ${message}`);
    return text;
  };
  renderPodSpec(operarius.spec.jobTemplate.spec.template.spec ?? { containers: [] }, [], check);
  return problems.join("; ");
}

/** The contract's labels; a value that is no legal label value is shortened, and kept whole in an annotation. */
function identityOf({ operarius, alert, hook }: RenderInput): Record<"labels" | "annotations", Record<string, string>> {
  const values: Record<string, string> = {
    "openfero.io/operarius": operarius.metadata.name,
    "openfero.io/alert": alertName(alert),
    "openfero.io/group-key": hashGroupKey(hook.groupKey),
    "openfero.io/status": alert.status,
  };
  const labels: Record<string, string> = {};
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) {
    labels[key] = labelValue(value);
    if (labels[key] !== value) annotations[key] = value;
  }
  return { labels, annotations };
}

/** What our own remedies read; harmless to anybody else's. */
function ownVariables(input: RenderInput, spec: JobSpec): EnvVar[] {
  const variables: EnvVar[] = [
    { name: "OPERARIUS_REMEDIATION", value: input.remediation.name },
    // Owner of the receipt: so that the Job needs no right to read records.
    { name: "OPERARIUS_REMEDIATION_UID", value: input.remediation.uid },
    { name: "OPERARIUS_ATTEMPT", value: String(input.attempt) },
    { name: "OPERARIUS_NAMESPACE", value: input.installationNamespace },
    { name: "OPERARIUS_JOB_CREATED_AT", value: input.createdAt },
    { name: "OPERARIUS_DEADLINE_SECONDS", value: String(spec.activeDeadlineSeconds) },
    { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
  ];
  if (input.pace !== "normal") variables.push({ name: "OPERARIUS_PACE", value: input.pace });
  if (input.mode === "approve") variables.push({ name: "OPERARIUS_MODE", value: "approve" });
  if (input.approvedPlan !== undefined) {
    variables.push({ name: "OPERARIUS_APPROVED_PLAN", value: escapeReferences(input.approvedPlan) });
  }
  return variables;
}

/** `protect` as in renderTemplate. */
type Render = (text: string, path: string, protect?: (value: string, before: string) => string) => string;

function renderPodSpec(podSpec: PodSpec, variables: readonly EnvVar[], render: Render): PodSpec {
  const all = (containers: Container[], list: string) =>
    containers.map((container, index) =>
      withVariables(renderContainer(container, `${POD_SPEC_PATH}.${list}[${index}]`, render), variables),
    );
  return {
    ...podSpec,
    containers: all(podSpec.containers, "containers"),
    ...(podSpec.initContainers === undefined ? {} : { initContainers: all(podSpec.initContainers, "initContainers") }),
  };
}

function renderContainer(container: Container, path: string, render: Render): Container {
  const rendered: Container = { ...container };
  const { command, args, env } = container;
  const script = scriptPosition(command, args);
  const inScript: { name: string; value: string }[] = [];
  const reference = referencesInScript(inScript);
  const words = (texts: string[], field: string, offset: number) =>
    texts.map((text, index) =>
      render(text, `${path}.${field}[${index}]`, offset + index === script ? reference : undefined),
    );
  if (command !== undefined) rendered.command = words(command, "command", 0);
  if (args !== undefined) rendered.args = words(args, "args", command?.length ?? 0);
  const own = (env ?? []).map((variable) =>
    variable.value === undefined
      ? variable
      : { ...variable, value: render(variable.value, `${path}.env[${variable.name}].value`) },
  );
  if (env !== undefined || inScript.length > 0) rendered.env = [...own, ...inScript];
  return rendered;
}

function templateData(alert: Alert, hook: HookMessage): TemplateValue {
  return {
    Alert: {
      Labels: alert.labels,
      Annotations: alert.annotations,
      StartsAt: alert.startsAt ?? "",
      EndsAt: alert.endsAt ?? "",
    },
    HookMessage: {
      Version: hook.version,
      GroupKey: hook.groupKey,
      Status: hook.status,
      Receiver: hook.receiver,
      GroupLabels: hook.groupLabels,
      CommonLabels: hook.commonLabels,
      CommonAnnotations: hook.commonAnnotations,
      ExternalURL: hook.externalURL,
    },
    Labels: alert.labels,
    Annotations: alert.annotations,
    GroupKey: hook.groupKey,
    Status: alert.status,
  };
}
