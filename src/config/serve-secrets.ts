/** The part of the server's configuration that holds or names secrets. No sentence of this file shows one. */
import type { TlsFiles } from "../http/tls.ts";
import type { AuthSettings } from "../intake/auth.ts";
import { secretLines } from "../intake/auth.ts";

/** The values of the flags, wherever they came from. */
export type Values = Record<string, string>;

type ReadFile = (path: string) => string;

const SECRET_FLAGS = ["authBasicPass", "authBearerToken"] as const;

/** A sentence for each secret that stands on the command line, where everybody on the machine can read it. */
export function secretsOnArgv(flags: Readonly<Record<string, string | undefined>>): string[] {
  return SECRET_FLAGS.filter((name) => flags[name] !== undefined).map(
    (name) => `--${name} on the command line can be read by every process of the machine; use --${name}File`,
  );
}

/** How callers prove who they are; what is missing or cannot be read goes into `problems`. */
export function readAuth(values: Values, readFile: ReadFile, problems: string[]): AuthSettings {
  const { authMethod, authBasicUser: user = "" } = values;
  const password = readSecrets("authBasicPass", values, readFile, problems);
  const token = readSecrets("authBearerToken", values, readFile, problems);
  if (authMethod === "basic") {
    if (user === "") problems.push("--authMethod basic needs --authBasicUser (or OPERARIUS_AUTH_BASIC_USER)");
    if (user.includes(":")) problems.push("--authBasicUser must not contain a colon");
    if (password === undefined) {
      problems.push("--authMethod basic needs OPERARIUS_AUTH_BASIC_PASS, --authBasicPassFile or --authBasicPass");
    }
    return { method: "basic", user, ...(password ?? { secrets: [] }) };
  }
  if (authMethod === "bearer") {
    if (token === undefined) {
      problems.push(
        "--authMethod bearer needs OPERARIUS_AUTH_BEARER_TOKEN, --authBearerTokenFile or --authBearerToken",
      );
    }
    return { method: "bearer", ...(token ?? { secrets: [] }) };
  }
  if (authMethod === "none" && (user !== "" || password !== undefined || token !== undefined)) {
    problems.push("credentials are given but --authMethod is none; set --authMethod basic or bearer, or remove them");
  }
  return { method: "none" };
}

/** The certificate and its key, both readable; whether they belong together shows when they are loaded. */
export function readTls(values: Values, readFile: ReadFile, problems: string[]): TlsFiles | undefined {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile } = values;
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    const [given, missing] = certFile === undefined ? ["Key", "Cert"] : ["Cert", "Key"];
    problems.push(`--tls${given}File is given without --tls${missing}File; give both, or none for plain HTTP`);
    return undefined;
  }
  for (const [name, path] of [
    ["tlsCertFile", certFile],
    ["tlsKeyFile", keyFile],
  ] as const) {
    read(name, path, readFile, problems);
  }
  return { certFile, keyFile };
}

/** Undefined when none is given; no secrets when one is given that cannot be used, which is a problem already. */
function readSecrets(
  name: (typeof SECRET_FLAGS)[number],
  values: Values,
  readFile: ReadFile,
  problems: string[],
): { secrets: string[]; file?: string } | undefined {
  const { [name]: plain = "", [`${name}File`]: file } = values;
  if (file === undefined) return plain === "" ? undefined : { secrets: [plain] };
  if (plain !== "") {
    problems.push(`--${name} and --${name}File are both given; give one of them`);
    return { secrets: [] };
  }
  const text = read(`${name}File`, file, readFile, problems);
  if (text === undefined) return { secrets: [] };
  const secrets = secretLines(text);
  if (secrets.length === 0) problems.push(`--${name}File: ${file} holds no secret; write one a line`);
  return { secrets, file };
}

function read(name: string, path: string, readFile: ReadFile, problems: string[]): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    problems.push(`--${name}: ${error instanceof Error ? error.message : "cannot be read"}`);
    return undefined;
  }
}
