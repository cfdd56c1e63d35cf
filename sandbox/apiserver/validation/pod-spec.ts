/** Common faults of a pod spec, also inside templates (pkg/apis/core/validation). Not the full set of the real server. */
import { amount } from "../../machinery/quantity.ts";
import { asList, asMap, asString, asText, isMap } from "../object.ts";
import type { Cause } from "../status.ts";
import { badValue, forbiddenField, notSupported, required } from "../status.ts";
import { keyFaults, labelFaults, labelsFaults } from "./names.ts";

type Fields = Record<string, unknown>;

const quantity = /^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

function duplicate(field: string, value: string): Cause {
  return { reason: "FieldValueDuplicate", message: `Duplicate value: ${JSON.stringify(value)}`, field };
}

/** Requests may not exceed limits. */
function excessFaults(field: string, resources: unknown): Cause[] {
  const { requests, limits } = asMap(resources);
  return Object.entries(asMap(requests)).flatMap(([name, value]) => {
    const limit = asMap(limits)[name];
    if (limit === undefined || amount(asText(value)) <= amount(asText(limit))) return [];
    return [badValue(`${field}.requests`, value, `must be less than or equal to ${name} limit of ${asText(limit)}`)];
  });
}

function portFaults(field: string, ports: unknown): Cause[] {
  return asList(ports).flatMap((port, index) => {
    const { containerPort, protocol = "TCP", name } = asMap(port);
    const at = `${field}[${index}]`;
    const number = Number(containerPort ?? 0);
    const faults: Cause[] = [];
    if (typeof name === "string" && !/^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(name))
      faults.push(badValue(`${at}.name`, name, portNameFault(name)));
    if (number === 0) faults.push(required(`${at}.containerPort`));
    else if (number < 1 || number > 65535)
      faults.push(badValue(`${at}.containerPort`, number, "must be between 1 and 65535, inclusive"));
    const protocols = ["SCTP", "TCP", "UDP"];
    if (!protocols.includes(asString(protocol))) faults.push(notSupported(`${at}.protocol`, protocol, protocols));
    return faults;
  });
}

function portNameFault(name: string): string {
  if (name.length > 15) return "must be no more than 15 characters";
  if (!/^[-a-z0-9]+$/.test(name)) return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
  if (!/[a-z]/.test(name)) return "must contain at least one letter (a-z)";
  return name.includes("--") ? "must not contain consecutive hyphens" : "must not begin or end with a hyphen";
}

function envFaults(field: string, list: unknown): Cause[] {
  return asList(list).flatMap((env, index) => {
    const { name, value, valueFrom } = asMap(env);
    const at = `${field}[${index}]`;
    const faults: Cause[] = [];
    if (asString(name) === "") faults.push(required(`${at}.name`));
    else if (!/^[ -<>-~]+$/.test(asString(name)))
      faults.push(
        badValue(
          `${at}.name`,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      );
    if (isMap(valueFrom) && asString(value) !== "")
      faults.push(badValue(`${at}.valueFrom`, "", "may not be specified when `value` is not empty"));
    return faults;
  });
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function tolerationFaults(field: string, list: unknown): Cause[] {
  return asList(list).flatMap((toleration, index) => {
    const { key = "", operator = "", value = "", effect = "", tolerationSeconds } = asMap(toleration);
    const at = `${field}[${index}]`;
    const faults: Cause[] = [];
    if (key !== "") faults.push(...keyFaults(`${at}.key`, asString(key)));
    if (key === "" && operator !== "Exists")
      faults.push(
        badValue(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== "NoExecute")
      faults.push(badValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === "Exists" && value !== "")
      faults.push(badValue(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    if (!["", "Equal", "Exists"].includes(asString(operator)))
      faults.push(notSupported(`${at}.operator`, operator, ["Equal", "Exists"]));
    if (effect !== "" && !effects.includes(asString(effect)))
      faults.push(notSupported(`${at}.effect`, effect, effects));
    return faults;
  });
}

function volumeFaults(field: string, list: unknown): Cause[] {
  const names = asList(list).map((volume) => asString(asMap(volume).name));
  return asList(list).flatMap((volume, index) => {
    const { hostPath } = asMap(volume);
    const at = `${field}[${index}]`;
    const name = names[index] ?? "";
    const faults: Cause[] = [];
    if (isMap(hostPath) && asString(hostPath.path) === "") faults.push(required(`${at}.hostPath.path`));
    if (name === "") faults.push(required(`${at}.name`));
    else faults.push(...labelFaults(`${at}.name`, name));
    if (name !== "" && names.indexOf(name) < index) faults.push(duplicate(`${at}.name`, name));
    return faults;
  });
}

function resourceFaults(field: string, resources: unknown): Cause[] {
  return ["limits", "requests"].flatMap((list) =>
    Object.entries(asMap(asMap(resources)[list])).flatMap(([name, value]) =>
      quantity.test(String(value))
        ? []
        : [
            badValue(
              `${field}.${list}.${name}`,
              value,
              "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
          ],
    ),
  );
}

function probeFaults(field: string, probe: unknown): Cause[] {
  if (!isMap(probe)) return [];
  const handlers = ["exec", "httpGet", "tcpSocket", "grpc"].filter((one) => isMap(probe[one]));
  if (handlers.length === 0) return [required(field, "must specify a handler type")];
  return handlers.length > 1
    ? [forbiddenField(`${field}.${handlers[1]}`, "may not specify more than 1 handler type")]
    : [];
}

function containerFaults(field: string, container: Fields): Cause[] {
  const faults: Cause[] = [];
  const name = asString(container.name);
  if (name === "") faults.push(required(`${field}.name`));
  else faults.push(...labelFaults(`${field}.name`, name));
  const image = asString(container.image);
  if (image === "") faults.push(required(`${field}.image`));
  else if (image.trim() !== image)
    faults.push(badValue(`${field}.image`, image, "must not have leading or trailing whitespace"));
  faults.push(...portFaults(`${field}.ports`, container.ports), ...envFaults(`${field}.env`, container.env));
  const policy = asString(container.imagePullPolicy);
  if (!["Always", "IfNotPresent", "Never"].includes(policy)) {
    faults.push(notSupported(`${field}.imagePullPolicy`, policy, ["Always", "IfNotPresent", "Never"]));
  }
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    faults.push(...probeFaults(`${field}.${probe}`, container[probe]));
  }
  const { resources } = container;
  return [
    ...faults,
    ...resourceFaults(`${field}.resources`, resources),
    ...excessFaults(`${field}.resources`, resources),
  ];
}

function containersFaults(field: string, list: unknown, taken: Set<string>): Cause[] {
  return asList(list).flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const fields = asMap(container);
    const name = asString(fields.name);
    const again = name !== "" && taken.has(name) ? [duplicate(`${at}.name`, name)] : [];
    taken.add(name);
    return [...containerFaults(at, fields), ...again];
  });
}

function mountFaults(field: string, spec: Fields, volumes: ReadonlySet<string>): Cause[] {
  return asList(spec.containers).flatMap((container, index) =>
    asList(asMap(container).volumeMounts).flatMap((mount, at) => {
      const name = asString(asMap(mount).name);
      if (volumes.has(name)) return [];
      const place = `${field}.containers[${index}].volumeMounts[${at}].name`;
      return [{ reason: "FieldValueNotFound", message: `Not found: ${JSON.stringify(name)}`, field: place }];
    }),
  );
}

const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/** Faults of `spec`, found at `field`, in the order of ValidatePodSpec. */
export function podSpecFaults(field: string, spec: unknown): Cause[] {
  if (!isMap(spec)) return [required(`${field}.containers`)];
  const faults = volumeFaults(`${field}.volumes`, spec.volumes);
  const taken = new Set<string>();
  if (asList(spec.containers).length === 0) faults.push(required(`${field}.containers`));
  faults.push(...containersFaults(`${field}.containers`, spec.containers, taken));
  faults.push(...containersFaults(`${field}.initContainers`, spec.initContainers, taken));
  const volumes = asList(spec.volumes).map((volume) => asString(asMap(volume).name));
  faults.push(...mountFaults(field, spec, new Set(volumes)));
  const policy = asString(spec.restartPolicy);
  if (!["Always", "OnFailure", "Never"].includes(policy)) {
    faults.push(notSupported(`${field}.restartPolicy`, policy, ["Always", "OnFailure", "Never"]));
  }
  const { dnsPolicy, activeDeadlineSeconds: deadline, terminationGracePeriodSeconds: grace } = spec;
  if (typeof dnsPolicy === "string" && !dnsPolicies.includes(dnsPolicy))
    faults.push(notSupported(`${field}.dnsPolicy`, dnsPolicy, dnsPolicies));
  faults.push(...labelsFaults(`${field}.nodeSelector`, spec.nodeSelector));
  faults.push(...tolerationFaults(`${field}.tolerations`, spec.tolerations));
  if (typeof deadline === "number" && (deadline < 1 || deadline > 2147483647))
    faults.push(badValue(`${field}.activeDeadlineSeconds`, deadline, "must be between 1 and 2147483647, inclusive"));
  if (typeof grace === "number" && grace < 0) {
    faults.push(badValue(`${field}.terminationGracePeriodSeconds`, grace, "must be greater than or equal to 0"));
  }
  return faults;
}
