/** What is known about a cause, as data beside its recogniser. docs/causes.md is generated from it. */
import type { CauseId } from "../../../engine/types.ts";

export interface Cause {
  id: CauseId;
  /** Short, without a full stop: "the image does not exist". */
  title: string;
  /** What tells it from its neighbours, in words. */
  signature: string;
  /** Where it shows: fields, reasons, events. */
  shownBy: string;
  /** Whether it helps, and why or when. */
  helps: { delete: string; restart: string; rollback: string };
  /** What must not be done. */
  forbidden: string;
  /**
   * What a person does; the first is the best. {daemonset}, {namespace}, {pod}, {node}, {uid}, {revision}, {number} and
   * {name} stand for what the finding's own command fills in.
   */
  person: readonly string[];
  /** File of Kubernetes, number of an issue, or where it was seen. */
  source: string;
}

/** Said of a rolling restart in every cause but one. */
export const RESTART_NO = "no: it makes another revision of the same template and replaces pods that are well";
