/** Common faults of a pod spec, also inside templates (pkg/apis/core/validation). Not the full set of the real server. */
import { asList, asMap, asString, isMap } from "../object.ts";
import type { Cause } from "../status.ts";
import { badValue, forbiddenField, notSupported, required } from "../status.ts";
import { labelFaults } from "./names.ts";

type Fields = Record<string, unknown>;

const quantity = /^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

function duplicate(field: string, value: string): Cause {
  return { reason: "FieldValueDuplicate", message: `Duplicate value: ${JSON.stringify(value)}`, field };
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
  const policy = asString(container.imagePullPolicy);
  if (!["Always", "IfNotPresent", "Never"].includes(policy)) {
    faults.push(notSupported(`${field}.imagePullPolicy`, policy, ["Always", "IfNotPresent", "Never"]));
  }
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    faults.push(...probeFaults(`${field}.${probe}`, container[probe]));
  }
  asList(container.env).forEach((env, index) => {
    if (asString(asMap(env).name) === "") faults.push(required(`${field}.env[${index}].name`));
  });
  return [...faults, ...resourceFaults(`${field}.resources`, container.resources)];
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

/** Faults of `spec`, found at `field`. */
export function podSpecFaults(field: string, spec: unknown): Cause[] {
  if (!isMap(spec)) return [required(`${field}.containers`)];
  const faults: Cause[] = [];
  const taken = new Set<string>();
  if (asList(spec.containers).length === 0) faults.push(required(`${field}.containers`));
  faults.push(...containersFaults(`${field}.containers`, spec.containers, taken));
  faults.push(...containersFaults(`${field}.initContainers`, spec.initContainers, taken));
  const volumes = asList(spec.volumes).map((volume) => asString(asMap(volume).name));
  volumes.forEach((name, index) => {
    if (name === "") faults.push(required(`${field}.volumes[${index}].name`));
    else faults.push(...labelFaults(`${field}.volumes[${index}].name`, name));
    if (volumes.indexOf(name) < index) faults.push(duplicate(`${field}.volumes[${index}].name`, name));
  });
  faults.push(...mountFaults(field, spec, new Set(volumes)));
  const policy = asString(spec.restartPolicy);
  if (!["Always", "OnFailure", "Never"].includes(policy)) {
    faults.push(notSupported(`${field}.restartPolicy`, policy, ["Always", "OnFailure", "Never"]));
  }
  const grace = spec.terminationGracePeriodSeconds;
  if (typeof grace === "number" && grace < 0) {
    faults.push(badValue(`${field}.terminationGracePeriodSeconds`, grace, "must be greater than or equal to 0"));
  }
  return faults;
}
