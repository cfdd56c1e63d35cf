/** An alert that exists nowhere, with everything an Operarius asks for: for checks of its Job before any alert came (pure). */
import type { Container } from "kubernetes-types/core/v1";
import type { Alert, HookMessage } from "../intake/alert.ts";
import { templatePaths } from "./go-template.ts";
import type { Operarius } from "./operarius.ts";

/** A legal name, number of no meaning, word of no shell: harmless wherever a template puts it. */
const PLACEHOLDER = "placeholder";

/**
 * An alert that the Operarius answers, with a harmless value for every label and annotation that its templates name, so
 * that only what no alert could fill remains wrong. A label that a real alert lacks is that alert's matter.
 */
export function placeholderAlert({ spec }: Operarius): { alert: Alert; hook: HookMessage } {
  const { alertname, status, labels: selected = {} } = spec.alertSelector;
  const named = templatesOf(spec.jobTemplate.spec.template.spec ?? { containers: [] }).flatMap(templatePaths);
  const under = (...parents: string[]): Record<string, string> =>
    Object.fromEntries(
      named
        .filter((path) => path.length === parents.length + 1 && parents.every((part, index) => path[index] === part))
        .map((path) => [path.at(-1) ?? "", PLACEHOLDER]),
    );
  const target = spec.target === undefined ? {} : { [spec.target.nameFrom]: PLACEHOLDER };
  return {
    alert: {
      status,
      labels: {
        ...under("Labels"),
        ...under("Alert", "Labels"),
        ...target,
        ...selected,
        alertname,
      },
      annotations: { ...under("Annotations"), ...under("Alert", "Annotations") },
      startsAt: "2000-01-01T00:00:00Z",
      endsAt: "2000-01-01T00:00:00Z",
    },
    hook: {
      version: "4",
      groupKey: PLACEHOLDER,
      status,
      receiver: PLACEHOLDER,
      groupLabels: under("HookMessage", "GroupLabels"),
      commonLabels: under("HookMessage", "CommonLabels"),
      commonAnnotations: under("HookMessage", "CommonAnnotations"),
      externalURL: PLACEHOLDER,
    },
  };
}

/** Every text that is rendered. */
function templatesOf(podSpec: { containers: Container[]; initContainers?: Container[] }): string[] {
  return [...(podSpec.initContainers ?? []), ...podSpec.containers].flatMap(({ command, args, env }) => [
    ...(command ?? []),
    ...(args ?? []),
    ...(env ?? []).flatMap(({ value }) => (value === undefined ? [] : [value])),
  ]);
}
