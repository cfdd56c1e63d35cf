/** Defaults of a pod spec, also inside pod templates (pkg/apis/core/v1/defaults.go). */
import { asList, asMap, asText, ensureMap, isMap, setDefault } from "../object.ts";

type Fields = Record<string, unknown>;

function maps(value: unknown): Fields[] {
  return asList(value).filter(isMap);
}

function defaultProbe(probe: unknown): void {
  if (!isMap(probe)) return;
  setDefault(probe, "timeoutSeconds", 1);
  setDefault(probe, "periodSeconds", 10);
  setDefault(probe, "successThreshold", 1);
  setDefault(probe, "failureThreshold", 3);
  if (isMap(probe.httpGet)) {
    setDefault(probe.httpGet, "path", "/");
    setDefault(probe.httpGet, "scheme", "HTTP");
  }
}

/** IfNotPresent for a pinned tag or a digest, Always for :latest or none. */
function pullPolicy(image: unknown): string {
  const text = asText(image);
  if (text.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(text)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

/** Limits stand in for requests that are not given. */
function defaultResources(container: Fields): void {
  const resources = ensureMap(container, "resources");
  const limits = asMap(resources.limits);
  if (Object.keys(limits).length === 0) return;
  const requests = ensureMap(resources, "requests");
  for (const [name, quantity] of Object.entries(limits)) setDefault(requests, name, quantity);
}

function defaultContainer(container: Fields): void {
  setDefault(container, "terminationMessagePath", "/dev/termination-log");
  setDefault(container, "terminationMessagePolicy", "File");
  setDefault(container, "imagePullPolicy", pullPolicy(container.image));
  defaultResources(container);
  for (const port of maps(container.ports)) setDefault(port, "protocol", "TCP");
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) defaultProbe(container[probe]);
  for (const env of maps(container.env)) {
    const from = asMap(env.valueFrom).fieldRef;
    if (isMap(from)) setDefault(from, "apiVersion", "v1");
  }
}

const fileModes = { configMap: 420, secret: 420, downwardAPI: 420, projected: 420 } as const;

function defaultVolume(volume: Fields): void {
  for (const [source, mode] of Object.entries(fileModes)) {
    if (isMap(volume[source])) setDefault(volume[source], "defaultMode", mode);
  }
  if (isMap(volume.hostPath)) setDefault(volume.hostPath, "type", "");
  const projected = asMap(volume.projected);
  for (const source of maps(projected.sources)) {
    if (isMap(source.serviceAccountToken)) setDefault(source.serviceAccountToken, "expirationSeconds", 3600);
  }
  // A volume without any source is an emptyDir.
  if (Object.keys(volume).length === 1 && volume.name !== undefined) volume.emptyDir = {};
}

/** Fills in `spec` in place. */
export function defaultPodSpec(spec: Fields): void {
  setDefault(spec, "restartPolicy", "Always");
  setDefault(spec, "terminationGracePeriodSeconds", 30);
  setDefault(spec, "dnsPolicy", "ClusterFirst");
  setDefault(spec, "schedulerName", "default-scheduler");
  setDefault(spec, "securityContext", {});
  // serviceAccount is the deprecated twin of serviceAccountName; the real server keeps both.
  setDefault(spec, "serviceAccountName", spec.serviceAccount);
  setDefault(spec, "serviceAccount", spec.serviceAccountName);
  if (spec.serviceAccountName === undefined) {
    delete spec.serviceAccountName;
    delete spec.serviceAccount;
  }
  for (const list of ["initContainers", "containers"]) maps(spec[list]).forEach(defaultContainer);
  maps(spec.volumes).forEach(defaultVolume);
  if (spec.hostNetwork !== true) return;
  for (const container of [...maps(spec.containers), ...maps(spec.initContainers)]) {
    for (const port of maps(container.ports)) setDefault(port, "hostPort", port.containerPort);
  }
}

/** Fills in the pod template of a workload's spec in place. */
export function defaultPodTemplate(owner: Fields): void {
  const template = ensureMap(owner, "template");
  ensureMap(template, "metadata");
  defaultPodSpec(ensureMap(template, "spec"));
}
