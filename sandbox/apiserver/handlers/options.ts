/** What the query of a write may say (apimachinery pkg/apis/meta/v1/validation). */
import type { Cause } from "../status.ts";
import { badRequest, forbiddenField, invalid, notSupported } from "../status.ts";
import type { Call } from "./context.ts";

export type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions" | "DeleteOptions";

const fieldManagerLimit = 128;
const validations = ["", "Ignore", "Strict", "Warn"];

function managerFaults(manager: string): Cause[] {
  const message = `Too long: may not be more than ${fieldManagerLimit} bytes`;
  if (manager.length > fieldManagerLimit) return [{ reason: "FieldValueTooLong", message, field: "fieldManager" }];
  return /^\P{C}*$/u.test(manager)
    ? []
    : [
        {
          reason: "FieldValueInvalid",
          message: `Invalid value: ${JSON.stringify(manager)}: should only contain printable characters`,
          field: "fieldManager",
        },
      ];
}

/** Faults of `dryRun`; the body of a deletion may say it as well. */
export function dryRunFaults(values: readonly string[]): Cause[] {
  const wrong = values.some((value) => value !== "All" && value !== "");
  return wrong ? [notSupported("dryRun", values, ["All"])] : [];
}

/** 422 about the options of a request. */
export function refuseOptions(kind: OptionsKind | "ListOptions", causes: readonly Cause[]): void {
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", causes);
}

/** Errors: 422 for options that nobody knows, 400 for a flag that is none. */
export function checkWriteOptions({ query, contentType }: Call, kind: OptionsKind): void {
  const force = query.get("force");
  if (force !== null && !/^(true|false|1|0|)$/i.test(force))
    throw badRequest(`strconv.ParseBool: parsing ${JSON.stringify(force)}: invalid syntax`);
  const isApply = contentType.startsWith("application/apply-patch");
  const validation = query.get("fieldValidation") ?? "";
  refuseOptions(kind, [
    ...(kind === "PatchOptions" && force !== null && !isApply
      ? [forbiddenField("force", "may not be specified for non-apply patch")]
      : []),
    ...managerFaults(query.get("fieldManager") ?? ""),
    ...dryRunFaults(query.getAll("dryRun")),
    ...(validations.includes(validation) ? [] : [notSupported("fieldValidation", validation, validations)]),
  ]);
}

/** dryRun=All in the query. */
export function isDryRun({ query }: Call): boolean {
  return query.getAll("dryRun").includes("All");
}
