/** The fields of the built-in kinds, from kinds.json (written by scripts/generate-kubernetes-schema.mjs). */
import table from "./kinds.json" with { type: "json" };

export interface Field {
  /** Its number in the protobuf message. */
  number: number;
  /** A scalar, a special type (Time, Quantity, ...) or the name of a struct; of the items, for lists and maps. */
  type: string;
  shape: "one" | "list" | "map";
  /** Items of a map that are lists of strings, wrapped in a message of their own on the wire. */
  wrapped: boolean;
  pointer: boolean;
  omitEmpty: boolean;
  /** Also a struct or a time is left out when it is empty. */
  omitZero: boolean;
  /** Its own fields stand in the parent's JSON. */
  inline: boolean;
  /** Owned and replaced as a whole. */
  atomic: boolean;
  set: boolean;
  /** The key by which a strategic merge patch merges the list. */
  mergeKey: string | undefined;
  /** The keys that identify an item for field ownership. */
  mapKeys: readonly string[] | undefined;
}

const kinds: Readonly<Record<string, Readonly<Record<string, string>>>> = table;
const parsed = new Map<string, ReadonlyMap<string, Field>>();
const flattened = new Map<string, ReadonlyMap<string, Field>>();

function parseField(line: string): Field {
  const [number = "0", spelled = "", ...flags] = line.split(" ");
  const value = (name: string) => flags.find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);
  const shape = spelled.startsWith("[]") ? "list" : spelled.startsWith("map:") ? "map" : "one";
  return {
    number: Number(number),
    type: spelled.replace(/^(\[\]|map:)/, "").replace(/^items:\[\]/, ""),
    shape,
    wrapped: spelled.includes("items:"),
    pointer: flags.includes("ptr"),
    omitEmpty: flags.includes("omit"),
    omitZero: flags.includes("zero"),
    inline: flags.includes("inline"),
    atomic: flags.includes("atomic"),
    set: flags.includes("set"),
    mergeKey: value("merge"),
    mapKeys: value("keys")?.split("+"),
  };
}

/** The fields of a struct as its protobuf message has them; undefined for other types. */
export function messageFields(type: string): ReadonlyMap<string, Field> | undefined {
  const lines = kinds[type];
  if (lines === undefined) return undefined;
  let fields = parsed.get(type);
  if (fields === undefined) {
    fields = new Map(Object.entries(lines).map(([name, line]) => [name, parseField(line)]));
    parsed.set(type, fields);
  }
  return fields;
}

/** The fields of a struct as its JSON has them: inlined structs are spread out. */
export function jsonFields(type: string | undefined): ReadonlyMap<string, Field> | undefined {
  if (type === undefined) return undefined;
  const known = flattened.get(type);
  if (known !== undefined) return known;
  const own = messageFields(type);
  if (own === undefined) return undefined;
  const fields = new Map<string, Field>();
  for (const [name, field] of own) {
    if (!field.inline) fields.set(name, field);
    else for (const [inner, innerField] of jsonFields(field.type) ?? []) fields.set(inner, innerField);
  }
  flattened.set(type, fields);
  return fields;
}

/** The struct of a kind, or undefined for kinds that are not in the table (custom resources, CRDs). */
export function structOf(apiVersion: string, kind: string): string | undefined {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
  const name = kind === "DeleteOptions" ? "meta.v1.DeleteOptions" : `${(group ?? "").split(".")[0]}.${version}.${kind}`;
  return kinds[name] === undefined ? undefined : name;
}

/** All struct names. */
export function structNames(): string[] {
  return Object.keys(kinds);
}

const anyMetadata: Field = parseField("1 meta.v1.ObjectMeta");

/** The field `name` of an object of this type. Custom resources have a typed metadata and nothing else. */
export function fieldOf(type: string | undefined, name: string, path: "root" | "inner"): Field | undefined {
  if (type !== undefined) return jsonFields(type)?.get(name);
  return path === "root" && name === "metadata" ? anyMetadata : undefined;
}
