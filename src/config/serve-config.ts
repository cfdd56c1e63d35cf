import { z } from "zod";
import type { Address } from "../http/server.ts";
import type { AuthSettings } from "../intake/auth.ts";
import type { NotifySettings } from "../notify/settings.ts";
import { LOG_LEVELS } from "../reporting/log.ts";
import { parseAddress } from "./address.ts";
import { parseDuration } from "./duration.ts";
import { readNotify } from "./notify-config.ts";
import { SERVE_FLAGS } from "./serve-flags.ts";

/** Everything `operarius serve` can be told, checked. Durations in milliseconds. */
export interface ServeConfig {
  addr: Address;
  logLevel: (typeof LOG_LEVELS)[number];
  kubeconfig?: string;
  context?: string;
  readTimeout: number;
  writeTimeout: number;
  auth: AuthSettings;
  operariusNamespace: string;
  clusterName: string;
  pace: "normal" | "fast";
  /** Absent: nobody is told. */
  notify?: NotifySettings;
}

export type ReadConfig = { kind: "config"; config: ServeConfig } | { kind: "problems"; problems: string[] };

export interface ConfigSources {
  /** Values of the flags that were given, by name. */
  flags: Readonly<Record<string, string | undefined>>;
  env: Readonly<Record<string, string | undefined>>;
  /** Reads a file that holds a secret; throws what node:fs throws. */
  readFile: (path: string) => string;
}

const duration = z.string().transform((text, context) => {
  const parsed = parseDuration(text);
  if (parsed !== undefined && parsed > 0) return parsed;
  context.addIssue({ code: "custom", message: `"${text}" is not a duration above zero such as 5s or 1m30s` });
  return z.NEVER;
});
const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: `"${text}" is not an address such as :8080 or 127.0.0.1:8080` });
  return z.NEVER;
});
const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, { error: (issue) => `${JSON.stringify(issue.input)} is not one of ${values.join(", ")}` });

const schema = z.object({
  addr: address,
  logLevel: oneOf(LOG_LEVELS),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  readTimeout: duration,
  writeTimeout: duration,
  authMethod: oneOf(["none", "basic", "bearer"]),
  authBasicUser: z.string().optional(),
  authBasicPass: z.string().optional(),
  authBearerToken: z.string().optional(),
  operariusNamespace: z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, "is not a namespace's name"),
  clusterName: z.string(),
  pace: oneOf(["normal", "fast"]),
});

/** Flag, else variable, else default; secrets also from files. Every problem is reported, none of them shows a secret. */
export function readServeConfig(sources: ConfigSources): ReadConfig {
  const problems: string[] = [];
  const values = collect(sources, problems);
  const parsed = schema.safeParse(values);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) problems.push(`--${path.join(".")}: ${message}`);
  }
  const auth = authSettings(values, problems);
  const notify = readNotify(values, sources, problems);
  if (!parsed.success || problems.length > 0) return { kind: "problems", problems };
  const { addr, logLevel, kubeconfig, context, readTimeout, writeTimeout, operariusNamespace, clusterName, pace } =
    parsed.data;
  return {
    kind: "config",
    config: {
      addr,
      logLevel,
      readTimeout,
      writeTimeout,
      auth,
      operariusNamespace,
      clusterName,
      pace,
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
      ...(notify === undefined ? {} : { notify }),
    },
  };
}

type Values = Record<string, string>;

function collect({ flags, env, readFile }: ConfigSources, problems: string[]): Values {
  const values: Values = {};
  for (const { name, variable, fallback } of SERVE_FLAGS) {
    const value = flags[name] ?? (env[variable] || fallback);
    if (value !== undefined) values[name] = value;
  }
  for (const name of ["authBasicPass", "authBearerToken"] as const) {
    const file = values[`${name}File`];
    if (file === undefined) continue;
    if (values[name] !== undefined) {
      problems.push(`--${name} and --${name}File are both given; give one of them`);
      continue;
    }
    try {
      values[name] = readFile(file).replace(/\r?\n$/, "");
    } catch (error) {
      problems.push(`--${name}File: ${error instanceof Error ? error.message : "cannot be read"}`);
    }
  }
  return values;
}

function authSettings(values: Values, problems: string[]): AuthSettings {
  const { authMethod, authBasicUser: user = "", authBasicPass: password = "", authBearerToken: token = "" } = values;
  if (authMethod === "basic") {
    if (user === "") problems.push("--authMethod basic needs --authBasicUser (or OPERARIUS_AUTH_BASIC_USER)");
    if (user.includes(":")) problems.push("--authBasicUser must not contain a colon");
    if (password === "" && !problems.some((problem) => problem.includes("authBasicPass"))) {
      problems.push("--authMethod basic needs OPERARIUS_AUTH_BASIC_PASS, --authBasicPassFile or --authBasicPass");
    }
    return { method: "basic", user, password };
  }
  if (authMethod === "bearer") {
    if (token === "" && !problems.some((problem) => problem.includes("authBearerToken"))) {
      problems.push(
        "--authMethod bearer needs OPERARIUS_AUTH_BEARER_TOKEN, --authBearerTokenFile or --authBearerToken",
      );
    }
    return { method: "bearer", token };
  }
  if (authMethod === "none" && (user !== "" || password !== "" || token !== "")) {
    problems.push("credentials are given but --authMethod is none; set --authMethod basic or bearer, or remove them");
  }
  return { method: "none" };
}
