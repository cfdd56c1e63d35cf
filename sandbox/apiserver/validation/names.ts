/** Names, labels and annotations (apimachinery util/validation). */
import { isMap } from "../object.ts";
import type { Cause } from "../status.ts";
import { badValue, required } from "../status.ts";

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedPart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const labelWords =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomainWords =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualifiedWords =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValueWords =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** Faults of a DNS label of at most 63 characters. */
export function labelFaults(field: string, value: string): Cause[] {
  const faults: Cause[] = [];
  if (value.length > 63) faults.push(badValue(field, value, "must be no more than 63 characters"));
  if (!label.test(value)) faults.push(badValue(field, value, labelWords));
  return faults;
}

/** Faults of a DNS subdomain of at most 253 characters: what most object names must be. */
export function subdomainFaults(field: string, value: string): Cause[] {
  const faults: Cause[] = [];
  if (value.length > 253) faults.push(badValue(field, value, "must be no more than 253 characters"));
  if (!subdomain.test(value)) faults.push(badValue(field, value, subdomainWords));
  return faults;
}

/** Faults of a label or annotation key: an optional DNS prefix, a slash, a name. */
export function keyFaults(field: string, key: string): Cause[] {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  const faults: Cause[] = [];
  if (parts.length > 2) {
    faults.push(
      badValue(
        field,
        key,
        `a qualified name ${qualifiedWords.slice("name part ".length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    );
  }
  if (parts.length === 2 && !subdomain.test(parts[0] ?? "")) {
    faults.push(badValue(field, key, `prefix part ${subdomainWords}`));
  }
  if (name === "") faults.push(badValue(field, key, "name part must be non-empty"));
  if (name.length > 63) faults.push(badValue(field, key, "name part must be no more than 63 characters"));
  if (!qualifiedPart.test(name)) faults.push(badValue(field, key, qualifiedWords));
  return faults;
}

/** Faults of a map of labels: keys and values. */
export function labelsFaults(field: string, labels: unknown): Cause[] {
  if (!isMap(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => {
    const faults = keyFaults(field, key);
    const text = String(value);
    if (text.length > 63) faults.push(badValue(field, text, "must be no more than 63 characters"));
    if (text !== "" && !qualifiedPart.test(text)) faults.push(badValue(field, text, labelValueWords));
    return faults;
  });
}

const annotationLimitBytes = 256 * 1024;

/** Faults of a map of annotations: keys, and 256 KiB in total. */
export function annotationsFaults(field: string, annotations: unknown): Cause[] {
  if (!isMap(annotations)) return [];
  const faults = Object.keys(annotations).flatMap((key) => keyFaults(field, key.toLowerCase()));
  let size = 0;
  for (const [key, value] of Object.entries(annotations))
    size += Buffer.byteLength(key) + Buffer.byteLength(String(value));
  if (size > annotationLimitBytes) {
    faults.push({
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${annotationLimitBytes} bytes`,
      field,
    });
  }
  return faults;
}

/** Faults of `metadata.name`, by the rule for this kind. */
export function nameFaults(name: string | undefined, rule: "subdomain" | "label" | "path"): Cause[] {
  if (name === undefined || name === "") return [required("metadata.name", "name or generateName is required")];
  if (rule === "label") return labelFaults("metadata.name", name);
  if (rule === "subdomain") return subdomainFaults("metadata.name", name);
  // RBAC names may hold colons and capitals, only not what breaks a path.
  const illegal = name === "." || name === ".." || /[/%]/.test(name);
  return illegal ? [badValue("metadata.name", name, "may not be '.', '..' or contain '/' or '%'")] : [];
}
