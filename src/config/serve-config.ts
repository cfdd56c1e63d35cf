import { z } from "zod";
import type { Mode } from "../control/context.ts";
import { MODES } from "../control/context.ts";
import type { Limits } from "../control/limits.ts";
import { limitsFor } from "../control/limits.ts";
import { isSelector } from "../control/selector.ts";
import { amountOf } from "../engine/quantity.ts";
import type { Address } from "../http/server.ts";
import type { TlsFiles } from "../http/tls.ts";
import type { AuthSettings } from "../intake/auth.ts";
import type { NotifySettings } from "../notify/settings.ts";
import { LOG_LEVELS } from "../reporting/log.ts";
import { parseAddress } from "./address.ts";
import { parseDuration } from "./duration.ts";
import { readNotify } from "./notify-config.ts";
import { SERVE_FLAGS } from "./serve-flags.ts";
import type { Values } from "./serve-secrets.ts";
import { readAuth, readTls, secretsOnArgv } from "./serve-secrets.ts";

/** Everything `operarius serve` can be told, checked. Durations in milliseconds. */
export interface ServeConfig {
  addr: Address;
  logLevel: (typeof LOG_LEVELS)[number];
  kubeconfig?: string;
  context?: string;
  readTimeout: number;
  writeTimeout: number;
  auth: AuthSettings;
  /** Absent: plain HTTP. */
  tls?: TlsFiles;
  maxBodyBytes: number;
  maxConcurrentDeliveries: number;
  /** How long the listener outlives the readiness. */
  drain: number;
  operariusNamespace: string;
  clusterName: string;
  pace: "normal" | "fast";
  mode: Mode;
  namespaceSelector: string;
  limits: Limits;
  /** Absent: nobody is told. */
  notify?: NotifySettings;
  /** The ServiceAccount the server itself runs under; no Job may. Absent outside of a pod. */
  ownServiceAccount?: string;
  /** What is worth a warning in the log; shows no secret. */
  warnings: readonly string[];
}

export type ReadConfig = { kind: "config"; config: ServeConfig } | { kind: "problems"; problems: string[] };

export interface ConfigSources {
  /** Values of the flags that were given, by name. */
  flags: Readonly<Record<string, string | undefined>>;
  env: Readonly<Record<string, string | undefined>>;
  /** Reads a file that holds a secret; throws what node:fs throws. */
  readFile: (path: string) => string;
}

/** The value that `parse` makes of a text; without one the text is refused as not being `what`. */
const parsedAs = <T>(parse: (text: string) => T | undefined, what: string) =>
  z.string().transform((text, context) => {
    const parsed = parse(text);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: "custom", message: `"${text}" is not ${what}` });
    return z.NEVER;
  });
const duration = parsedAs((text) => parseDuration(text) || undefined, "a duration above zero such as 5s or 1m30s");
const address = parsedAs(parseAddress, "an address such as :8080 or 127.0.0.1:8080");
const within = (least: number, most: number) => (text: string) => {
  const amount = amountOf(text);
  return Number.isInteger(amount) && amount >= least && amount <= most ? amount : undefined;
};
const count = parsedAs(within(1, 10_000), "a number from 1 to 10000");
/** Above, a single body would be a good part of the memory that the manifest grants. */
const MOST_BODY_BYTES = 32 * 1024 * 1024;
const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, { error: (issue) => `${JSON.stringify(issue.input)} is not one of ${values.join(", ")}` });

const schema = z.object({
  addr: address,
  logLevel: oneOf(LOG_LEVELS),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  readTimeout: duration,
  writeTimeout: duration,
  maxBodyBytes: parsedAs(within(1024, MOST_BODY_BYTES), "a number of bytes from 1Ki to 32Mi such as 4Mi"),
  maxConcurrentDeliveries: count,
  drain: parsedAs(parseDuration, "a duration such as 5s or 0").optional(),
  operariusNamespace: z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, "is not a namespace's name"),
  clusterName: z.string(),
  pace: oneOf(["normal", "fast"]),
  mode: oneOf(MODES),
  namespaceSelector: z.string().refine(isSelector, "is not a label selector such as team=infra,tier in (a,b)"),
  maxRunning: count.optional(),
  maxRunningPerNamespace: count.optional(),
  maxRunningPerOperarius: count.optional(),
  coolDown: parsedAs(parseDuration, "a duration such as 5m or 0").optional(),
  stormTargets: count.optional(),
});

type Parsed = z.infer<typeof schema>;

/** The limits of the pace with what was given in their stead. */
function limitsOf({ pace, ...given }: Parsed): Limits {
  const { maxRunning, storm, coolDownMs } = limitsFor(pace);
  return limitsFor(pace, {
    coolDownMs: given.coolDown ?? coolDownMs,
    storm: { ...storm, floor: given.stormTargets ?? storm.floor },
    maxRunning: {
      total: given.maxRunning ?? maxRunning.total,
      perNamespace: given.maxRunningPerNamespace ?? maxRunning.perNamespace,
      perOperarius: given.maxRunningPerOperarius ?? maxRunning.perOperarius,
    },
  });
}

/** Endpoints are withdrawn everywhere within about this time after a pod stops being ready. */
const DEFAULT_DRAIN_MS = 5000;

/** Flag, else variable, else default; secrets also from files. Every problem is reported, none of them shows a secret. */
export function readServeConfig(sources: ConfigSources): ReadConfig {
  const problems: string[] = [];
  const values = collect(sources.flags, sources.env);
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) problems.push(`--${path.join(".")}: ${message}`);
  }
  const method = oneOf(["none", "basic", "bearer"]).safeParse(values.authMethod);
  for (const { message } of method.error?.issues ?? []) problems.push(`--authMethod: ${message}`);
  const auth = readAuth(values, sources.readFile, problems);
  const tls = readTls(values, sources.readFile, problems);
  const notify = readNotify(values, sources, problems);
  if (!parsed.success || problems.length > 0) return { kind: "problems", problems };
  const { kubeconfig, context, drain, ...plain } = parsed.data;
  const ownServiceAccount = sources.env.POD_SERVICE_ACCOUNT ?? "";
  return {
    kind: "config",
    config: {
      ...withoutLimits(plain),
      limits: limitsOf(parsed.data),
      auth,
      drain: drain ?? (plain.pace === "fast" ? 0 : DEFAULT_DRAIN_MS),
      warnings: secretsOnArgv(sources.flags),
      ...(tls === undefined ? {} : { tls }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
      ...(notify === undefined ? {} : { notify }),
      ...(ownServiceAccount === "" ? {} : { ownServiceAccount }),
    },
  };
}

type Plain = Omit<Parsed, "kubeconfig" | "context" | "drain" | `auth${string}`>;

/** What is told as one: `limits`. */
function withoutLimits({
  maxRunning: _total,
  maxRunningPerNamespace: _perNamespace,
  maxRunningPerOperarius: _perOperarius,
  coolDown: _coolDown,
  stormTargets: _storm,
  ...rest
}: Plain) {
  return rest;
}

function collect(flags: ConfigSources["flags"], env: ConfigSources["env"]): Values {
  const values: Values = {};
  for (const { name, variable, fallback } of SERVE_FLAGS) {
    const value = flags[name] ?? (env[variable] || fallback);
    if (value !== undefined) values[name] = value;
  }
  return values;
}
