/** What admission adds to and asks of a new pod: ServiceAccount, Priority, DefaultTolerationSeconds. */
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, ensureMap, setDefault } from "../object.ts";
import { randomSuffix } from "../random-suffix.ts";
import { keyOf } from "../registry/resource-info.ts";
import { forbidden } from "../status.ts";
import type { Store } from "../storage/store.ts";

const pods = { group: "", plural: "pods" };

/** The two taints that every pod tolerates for 300 s, unless it says otherwise. */
const defaultTolerated = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

function addTolerations(spec: Record<string, unknown>): void {
  const tolerations = asList(spec.tolerations).map(asMap);
  const missing = defaultTolerated.filter(
    (key) =>
      !tolerations.some(
        (one) =>
          (one.key === key || asString(one.key) === "") && (one.effect === "NoExecute" || asString(one.effect) === ""),
      ),
  );
  const added = missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }));
  if (added.length > 0) spec.tolerations = [...tolerations, ...added];
}

function addPriority(store: Store, pod: KubeObject, spec: Record<string, unknown>): void {
  const name = asString(spec.priorityClassName);
  const priorityClass =
    name === "" ? undefined : store.get("priorityclasses.scheduling.k8s.io", keyOf(undefined, name));
  if (name !== "" && priorityClass === undefined) {
    throw forbidden(pods, calledBefore(pod), `no PriorityClass with name ${name} was found`);
  }
  spec.priority = priorityClass?.value ?? 0;
  setDefault(spec, "preemptionPolicy", priorityClass?.preemptionPolicy ?? "PreemptLowerPriority");
}

/** These plug-ins come before a generated name is made. */
function calledBefore({ metadata }: KubeObject): string {
  return metadata.name ?? metadata.generateName ?? "";
}

const tokenMount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The token volume that every container gets unless the pod or its account says no (plugin ServiceAccount). */
function addToken(spec: Record<string, unknown>, account: KubeObject): void {
  if ((spec.automountServiceAccountToken ?? account.automountServiceAccountToken) === false) return;
  const name = `kube-api-access-${randomSuffix()}`;
  const containers = [...asList(spec.initContainers), ...asList(spec.containers)].map(asMap);
  const bare = containers.filter(
    ({ volumeMounts }) => !asList(volumeMounts).some((mount) => asMap(mount).mountPath === tokenMount),
  );
  if (bare.length === 0) return;
  for (const container of bare)
    container.volumeMounts = [...asList(container.volumeMounts), { name, readOnly: true, mountPath: tokenMount }];
  const fieldRef = { apiVersion: "v1", fieldPath: "metadata.namespace" };
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    { downwardAPI: { items: [{ path: "namespace", fieldRef }] } },
  ];
  spec.volumes = [...asList(spec.volumes), { name, projected: { sources, defaultMode: 420 } }];
}

/** Fills in `pod` in place. Errors: 403 for an unknown PriorityClass or ServiceAccount. */
export function admitPod(store: Store, pod: KubeObject): void {
  const spec = ensureMap(pod, "spec");
  setDefault(spec, "serviceAccountName", "default");
  spec.serviceAccount = spec.serviceAccountName;
  addToken(spec, accountOf(store, pod));
  addTolerations(spec);
  addPriority(store, pod, spec);
}

/** The pod's ServiceAccount must exist. Errors: 403. */
function accountOf(store: Store, pod: KubeObject): KubeObject {
  const namespace = pod.metadata.namespace ?? "";
  const name = asString(asMap(pod.spec).serviceAccountName);
  const account = store.get("serviceaccounts", keyOf(namespace, name));
  if (account !== undefined) return account;
  throw forbidden(
    pods,
    calledBefore(pod),
    `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
  );
}
