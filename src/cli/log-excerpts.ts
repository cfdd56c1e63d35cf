/** The last lines of containers that crashed, when somebody asked for them: bounded, redacted, never a condition of the repair. */
import type { Pod } from "kubernetes-types/core/v1";
import type { Receipt } from "../engine/receipt-schema.ts";
import { maskOf } from "../engine/redact.ts";
import type { Diagnosis, Target } from "../engine/types.ts";
import { isForbidden, isNotFound, StatusError } from "../kube/errors.ts";
import { pods } from "../kube/resources.ts";
import type { Kube, Live } from "../kube/types.ts";
import { literalsOf, namesOf } from "../remedies/daemonset-rollout/pod-literals.ts";

export type Excerpt = NonNullable<Receipt["excerpts"]>[number];

export interface LogExcerpts {
  /** Begins to read at the first finding that names pods: later they may be gone. */
  onLook(diagnosis: Diagnosis): void;
  /** Undefined when nobody asked, or nothing crashed. Never rejects. */
  read(): Promise<Excerpt[] | undefined>;
}

const MOST_PODS = 3;
const LONGEST_LINE = 200;
const TIMEOUT_MS = 5000;
const MOST_BYTES = 64 * 1024;

/** `most` lines of each container; 0 = nobody asked. */
export function createLogExcerpts(kube: Kube, { namespace }: Target, most: number): LogExcerpts {
  let reading: Promise<Excerpt[]> | undefined;

  async function ofPod(name: string): Promise<Excerpt[]> {
    try {
      const pod = await kube.get(pods, { namespace, name }, { timeoutMs: TIMEOUT_MS });
      const crashed = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].filter(
        ({ restartCount, lastState, state }) =>
          restartCount > 0 || lastState?.terminated !== undefined || state?.terminated !== undefined,
      );
      return await Promise.all(
        crashed.map(({ name: container, restartCount }) => ofContainer(pod, container, restartCount > 0)),
      );
    } catch (error) {
      return [{ pod: name, container: "", notEvaluated: whyNot(error) }];
    }
  }

  async function ofContainer(pod: Live<Pod>, container: string, previous: boolean): Promise<Excerpt> {
    const { name } = pod.metadata;
    const mask = maskOf(literalsOf(pod.spec), namesOf(pod), LONGEST_LINE);
    try {
      const text = await kube.logs(
        { namespace, name },
        { container, previous, tailLines: most, limitBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS },
      );
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      return { pod: name, container, lines: lines.slice(-most).map((line) => mask(line)) };
    } catch (error) {
      return { pod: name, container, notEvaluated: whyNot(error) };
    }
  }

  return {
    onLook(diagnosis) {
      if (most === 0 || reading !== undefined || diagnosis.kind === "healthy") return;
      // Whether one of its containers crashed, the pod itself says best: a finding may blame its node for it.
      const names = [...new Set(diagnosis.findings.flatMap((finding) => finding.pods))].slice(0, MOST_PODS);
      if (names.length > 0) reading = Promise.all(names.map(ofPod)).then((all) => all.flat());
    },
    async read() {
      return reading;
    },
  };
}

/** The excerpts for a person. */
export function excerptLines(excerpts: readonly Excerpt[]): string[] {
  return excerpts.flatMap(({ pod, container, lines, notEvaluated }) => {
    const where = `log of ${pod}${container === "" ? "" : `, container ${container}`}`;
    return lines === undefined ? [`${where}: ${notEvaluated}`] : [`${where}:`, ...lines.map((line) => `  | ${line}`)];
  });
}

function whyNot(error: unknown): string {
  if (isForbidden(error)) return "not evaluated: these rights do not include pods/log";
  if (isNotFound(error) || (error instanceof StatusError && error.code === 400))
    return "not evaluated: no log is there";
  return `not evaluated: ${error instanceof Error ? error.message : String(error)}`.slice(0, LONGEST_LINE);
}
