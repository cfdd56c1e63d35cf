// Writes sandbox/apiserver/openapi/kinds.json: the fields of the built-in kinds, read from the Go types of Kubernetes.
// Run by hand when the version below changes; needs Go. Each field is one line:
//   <protobuf number> <type> [ptr] [omit] [zero] [inline] [atomic] [set] [merge=<key>] [keys=<key>+<key>]
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const version = "v0.35.4";
const packages = {
  "k8s.io/api": [
    "admissionregistration/v1",
    "apps/v1",
    "authentication/v1",
    "authorization/v1",
    "batch/v1",
    "coordination/v1",
    "core/v1",
    "events/v1",
    "policy/v1",
    "rbac/v1",
    "scheduling/v1",
  ],
  "k8s.io/apimachinery": ["pkg/apis/meta/v1"],
};
const roots = [
  "core.v1.Namespace",
  "core.v1.Node",
  "core.v1.Pod",
  "core.v1.Binding",
  "core.v1.Event",
  "core.v1.ConfigMap",
  "core.v1.Secret",
  "core.v1.ServiceAccount",
  "core.v1.Service",
  "core.v1.Endpoints",
  "core.v1.ResourceQuota",
  "core.v1.LimitRange",
  "core.v1.PersistentVolumeClaim",
  "apps.v1.DaemonSet",
  "apps.v1.ControllerRevision",
  "apps.v1.Deployment",
  "apps.v1.ReplicaSet",
  "apps.v1.StatefulSet",
  "batch.v1.Job",
  "batch.v1.CronJob",
  "coordination.v1.Lease",
  "events.v1.Event",
  "rbac.v1.Role",
  "rbac.v1.RoleBinding",
  "rbac.v1.ClusterRole",
  "rbac.v1.ClusterRoleBinding",
  "admissionregistration.v1.ValidatingWebhookConfiguration",
  "admissionregistration.v1.MutatingWebhookConfiguration",
  "scheduling.v1.PriorityClass",
  "policy.v1.PodDisruptionBudget",
  "policy.v1.Eviction",
  "authentication.v1.TokenRequest",
  "authentication.v1.TokenReview",
  "authentication.v1.SelfSubjectReview",
  "authorization.v1.SelfSubjectAccessReview",
  "authorization.v1.SubjectAccessReview",
  "authorization.v1.LocalSubjectAccessReview",
  "authorization.v1.SelfSubjectRulesReview",
  "meta.v1.DeleteOptions",
];
const scalars = new Set(["string", "bool", "int32", "int64", "float64", "bytes"]);
/** Types with a JSON form of their own. */
const special = {
  "meta.v1.Time": "Time",
  "meta.v1.MicroTime": "MicroTime",
  "resource.Quantity": "Quantity",
  "intstr.IntOrString": "IntOrString",
  "runtime.RawExtension": "RawExtension",
  "meta.v1.FieldsV1": "FieldsV1",
  "types.UID": "string",
  "types.NodeName": "string",
  "runtime.Object": "RawExtension",
};

function moduleDirectory(name) {
  const text = execFileSync("go", ["mod", "download", "-json", `${name}@${version}`], { encoding: "utf8", cwd: "/" });
  return JSON.parse(text).Dir;
}

const structs = {};
const aliases = {};

/** `*[]metav1.Time` seen from package `own` → our spelling, with pointers cut off. */
function typeOf(text, own) {
  const bare = text.replace(/^\*/, "");
  if (bare === "[]byte") return "bytes";
  if (bare.startsWith("[]")) return `[]${typeOf(bare.slice(2), own)}`;
  const map = /^map\[[\w.]+\](.+)$/.exec(bare);
  if (map) return `map:${typeOf(map[1], own)}`;
  if (bare === "int") return "int64";
  if (scalars.has(bare)) return bare;
  const [first, second] = bare.split(".");
  if (second === undefined) return `${own}.${first}`;
  const name =
    { metav1: "meta.v1", v1: "core.v1", apiv1: "core.v1", corev1: "core.v1", authenticationv1: "authentication.v1" }[
      first
    ] ?? first;
  return `${name}.${second}`;
}

function fieldOf(line, comments, own) {
  const match = /^\s*(?:(\w+)\s+)?([\w.*[\]]+)\s+`(.*)`/.exec(line);
  if (match === null) return undefined;
  const [, , type, tags] = match;
  const tag = (name) => new RegExp(`${name}:"([^"]*)"`).exec(tags)?.[1] ?? "";
  const [json, ...options] = tag("json").split(",");
  const protobuf = tag("protobuf").split(",");
  if (protobuf.length < 2 || json === "-") return undefined;
  const inline = options.includes("inline");
  const protoName = protobuf.find((part) => part.startsWith("name="))?.slice(5);
  const note = (name) => comments.filter((one) => one.startsWith(`+${name}=`)).map((one) => one.slice(name.length + 2));
  const keys = note("listMapKey");
  const flags = [
    type.startsWith("*") ? "ptr" : "",
    options.includes("omitempty") ? "omit" : "",
    options.includes("omitzero") ? "zero" : "",
    inline ? "inline" : "",
    note("listType")[0] === "atomic" || note("mapType")[0] === "atomic" || note("structType")[0] === "atomic"
      ? "atomic"
      : "",
    note("listType")[0] === "set" || (tag("patchStrategy") === "merge" && tag("patchMergeKey") === "") ? "set" : "",
    tag("patchMergeKey") === "" ? "" : `merge=${tag("patchMergeKey")}`,
    keys.length === 0 ? "" : `keys=${keys.join("+")}`,
  ].filter((flag) => flag !== "");
  return {
    name: json || protoName || match[1] || type.split(".").at(-1),
    number: protobuf[1],
    type: typeOf(type, own),
    flags,
  };
}

function readPackage(file, own) {
  let current;
  let comments = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const struct = /^type (\w+) struct \{/.exec(line);
    const alias = /^type (\w+) ([\w.[\]]+)$/.exec(line);
    if (struct) {
      current = { fields: [], atomic: comments.includes("+structType=atomic") };
      structs[`${own}.${struct[1]}`] = current;
      comments = [];
    } else if (alias) {
      aliases[`${own}.${alias[1]}`] = typeOf(alias[2], own);
      comments = [];
    } else if (line.startsWith("}")) current = undefined;
    else if (/^\s*\/\//.test(line)) comments.push(line.replace(/^\s*\/\/\s?/, "").trim());
    else if (line.trim() === "") comments = current === undefined ? [] : comments;
    else {
      const field = current && fieldOf(line, comments, own);
      if (field) current.fields.push(field);
      comments = [];
    }
  }
}

for (const [module, folders] of Object.entries(packages)) {
  const directory = moduleDirectory(module);
  for (const folder of folders) {
    const own = folder.replace("pkg/apis/", "").replace("/", ".");
    readPackage(join(directory, folder, "types.go"), own);
  }
}

/** Follows aliases down to scalars, structs and special types. */
function resolve(type) {
  for (const prefix of ["[]", "map:"]) if (type.startsWith(prefix)) return prefix + resolve(type.slice(prefix.length));
  if (special[type]) return special[type];
  if (scalars.has(type) || structs[type]) return type;
  if (aliases[type]) {
    const target = resolve(aliases[type]);
    // A named list or map is a message of its own on the wire: { items = 1 }.
    return target.startsWith("[]") ? `items:${target}` : target;
  }
  throw new Error(`unknown type ${type}`);
}

const out = {};
const queue = [...roots];
while (queue.length > 0) {
  const name = queue.pop();
  if (out[name]) continue;
  const struct = structs[name];
  if (!struct) throw new Error(`no struct ${name}`);
  const fields = {};
  out[name] = fields;
  for (const field of struct.fields) {
    const type = resolve(field.type);
    const inner = type.replace(/^(\[\]|map:|items:)+/, "");
    if (structs[inner]) queue.push(inner);
    const atomic = structs[inner]?.atomic && inner === type && !field.flags.includes("atomic") ? ["atomic"] : [];
    fields[field.name] = [field.number, type, ...field.flags, ...atomic].join(" ");
  }
}
const sorted = Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
const target = join(dirname(dirname(fileURLToPath(import.meta.url))), "sandbox", "apiserver", "openapi", "kinds.json");
writeFileSync(target, `${JSON.stringify(sorted, null, 2)}\n`);
console.log(`${target}: ${Object.keys(sorted).length} types of k8s.io/api ${version}`);
