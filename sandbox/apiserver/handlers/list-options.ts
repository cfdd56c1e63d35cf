/** What the query of a list or watch may say (apimachinery pkg/apis/meta/internalversion/validation). */
import type { Cause } from "../status.ts";
import { ApiError, badRequest, forbiddenField, notSupported } from "../status.ts";
import type { Call } from "./context.ts";
import { refuseOptions } from "./options.ts";

type Query = URLSearchParams;

const match = "resourceVersionMatch";

function watchFaults(query: Query, wanted: string): Cause[] {
  const initial = query.get("sendInitialEvents") !== null;
  const faults: Cause[] = [];
  if (wanted !== "" && !initial)
    faults.push(forbiddenField(match, `${match} is forbidden for watch unless sendInitialEvents is provided`));
  if (initial && wanted !== "NotOlderThan") {
    faults.push(forbiddenField(match, `sendInitialEvents requires setting ${match} to NotOlderThan`));
    if (wanted !== "") faults.push(notSupported(match, wanted, ["NotOlderThan"]));
  }
  // The real server names the wrong option.
  if ((query.get("continue") ?? "") !== "")
    faults.push(forbiddenField(match, `${match} is forbidden when continue is provided`));
  return faults;
}

function listFaults(query: Query, wanted: string): Cause[] {
  const version = query.get("resourceVersion") ?? "";
  const faults: Cause[] = [];
  if (wanted !== "") {
    if (version === "") faults.push(forbiddenField(match, `${match} is forbidden unless resourceVersion is provided`));
    if ((query.get("continue") ?? "") !== "")
      faults.push(forbiddenField(match, `${match} is forbidden when continue is provided`));
    if (wanted !== "Exact" && wanted !== "NotOlderThan")
      faults.push(notSupported(match, wanted, ["Exact", "NotOlderThan", ""]));
    else if (wanted === "Exact" && version === "0")
      faults.push(forbiddenField(match, `${match} "exact" is forbidden for resourceVersion "0"`));
  }
  if (query.get("sendInitialEvents") !== null)
    faults.push(forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  return faults;
}

/** Errors: 400 for a number that is none, 422 for options that do not go together. */
export function checkListOptions({ query, info }: Call): void {
  for (const name of ["limit", "timeoutSeconds"]) {
    const text = query.get(name) ?? "";
    if (text !== "" && !/^[+-]?\d+$/.test(text))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const wanted = query.get(match) ?? "";
  refuseOptions("ListOptions", info.verb === "watch" ? watchFaults(query, wanted) : listFaults(query, wanted));
}

/** The number in resourceVersion; undefined for none. Errors: `refuse` for what is no number. */
export function versionOf({ query }: Call, refuse: (message: string) => Error): number | undefined {
  const text = query.get("resourceVersion") ?? "";
  if (text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const shown = JSON.stringify(text);
  throw refuse(`resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`);
}

/** Errors: 504 for a version that is still to come. */
export function checkNotAhead(wanted: number | undefined, present: number): void {
  if (wanted === undefined || wanted <= present) return;
  const cause = { reason: "ResourceVersionTooLarge", message: "Too large resource version" };
  throw new ApiError(504, "Timeout", `Timeout: Too large resource version: ${wanted}, current: ${present}`, {
    causes: [cause],
    retryAfterSeconds: 1,
  });
}
