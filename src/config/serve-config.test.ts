import { describe, expect, it } from "vitest";
import { limitsFor } from "../control/limits.ts";
import { parseAddress } from "./address.ts";
import { parseDuration } from "./duration.ts";
import type { ConfigSources } from "./serve-config.ts";
import { readServeConfig } from "./serve-config.ts";

const read = (sources: Partial<ConfigSources> = {}) =>
  readServeConfig({
    flags: {},
    env: {},
    readFile: (path) => {
      if (path === "/secret") return "s3cret\n";
      if (path === "/several") return "# until June\nold\n\nnew\n";
      if (path === "/empty") return "# hunter2\n";
      throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    },
    ...sources,
  });
const config = (sources: Partial<ConfigSources> = {}) => {
  const result = read(sources);
  if (result.kind === "problems") throw new Error(result.problems.join("; "));
  return result.config;
};
const problems = (sources: Partial<ConfigSources>) => {
  const result = read(sources);
  return result.kind === "problems" ? result.problems : [];
};

describe("readServeConfig", () => {
  it("has OpenFero's defaults", () => {
    expect(config()).toEqual({
      addr: { host: "", port: 8080 },
      logLevel: "info",
      readTimeout: 5000,
      writeTimeout: 10_000,
      auth: { method: "none" },
      maxBodyBytes: 4_194_304,
      maxConcurrentDeliveries: 64,
      drain: 5000,
      warnings: [],
      operariusNamespace: "openfero",
      clusterName: "",
      pace: "normal",
      mode: "auto",
      namespaceSelector: "",
      limits: limitsFor("normal"),
    });
  });

  it("takes single limits in the pace's stead", () => {
    const flags = { maxRunning: "7", maxRunningPerNamespace: "3", coolDown: "90s", stormTargets: "12", pace: "fast" };
    const { limits } = config({ flags });
    const { maxRunning, storm } = limitsFor("fast");
    expect(limits).toEqual({
      ...limitsFor("fast"),
      maxRunning: { ...maxRunning, total: 7, perNamespace: 3 },
      coolDownMs: 90_000,
      storm: { ...storm, floor: 12 },
    });
  });

  it.each([
    [{ mode: "yolo" }, /--mode: "yolo" is not one of observe, approve, auto/],
    [{ namespaceSelector: "a in b" }, /--namespaceSelector: is not a label selector/],
    [{ maxRunning: "0" }, /--maxRunning: "0" is not a number from 1/],
    [{ coolDown: "soon" }, /--coolDown: "soon" is not a duration/],
  ])("refuses %j", (flags, problem) => {
    expect(problems({ flags }).join("; ")).toMatch(problem);
  });

  it("believes a flag before a variable before the default", () => {
    const env = { OPERARIUS_ADDR: "127.0.0.1:1", OPERARIUS_LOG_LEVEL: "debug", OPERARIUS_READ_TIMEOUT: "" };
    expect(config({ env, flags: { addr: ":2" } })).toMatchObject({
      addr: { port: 2 },
      logLevel: "debug",
      readTimeout: 5000,
    });
  });

  it("takes secrets from variables and files", () => {
    const env = {
      OPERARIUS_AUTH_METHOD: "basic",
      OPERARIUS_AUTH_BASIC_USER: "u",
      OPERARIUS_AUTH_BASIC_PASS_FILE: "/secret",
    };
    expect(config({ env }).auth).toEqual({ method: "basic", user: "u", secrets: ["s3cret"], file: "/secret" });
    const bearer = { OPERARIUS_AUTH_METHOD: "bearer", OPERARIUS_AUTH_BEARER_TOKEN: "t" };
    expect(config({ env: bearer }).auth).toEqual({ method: "bearer", secrets: ["t"] });
  });

  it("takes several secrets from a file", () => {
    const flags = { authMethod: "bearer", authBearerTokenFile: "/several" };
    expect(config({ flags }).auth).toEqual({ method: "bearer", secrets: ["old", "new"], file: "/several" });
  });

  it("warns of a secret on the command line, without it, and of none elsewhere", () => {
    const flags = { authMethod: "bearer", authBearerToken: "hunter2" };
    const { warnings } = config({ flags });
    expect(warnings).toEqual([expect.stringMatching(/^--authBearerToken .* use --authBearerTokenFile$/)]);
    expect(warnings.join()).not.toContain("hunter2");
    const env = { OPERARIUS_AUTH_METHOD: "bearer", OPERARIUS_AUTH_BEARER_TOKEN: "hunter2" };
    expect(config({ env }).warnings).toEqual([]);
  });

  it("takes both files of a certificate, quantities, and the pod's account", () => {
    const flags = {
      tlsCertFile: "/secret",
      tlsKeyFile: "/several",
      maxBodyBytes: "1Mi",
      maxConcurrentDeliveries: "8",
      drain: "1m",
    };
    expect(config({ flags, env: { POD_SERVICE_ACCOUNT: "operarius" } })).toMatchObject({
      tls: { certFile: "/secret", keyFile: "/several" },
      maxBodyBytes: 1_048_576,
      maxConcurrentDeliveries: 8,
      drain: 60_000,
      ownServiceAccount: "operarius",
    });
  });

  it.each([
    [{ pace: "fast" }, 0],
    [{ pace: "fast", drain: "2s" }, 2000],
    [{ drain: "0" }, 0],
  ])("drains with %o for %i ms", (flags: Record<string, string>, want) => expect(config({ flags }).drain).toBe(want));

  it("reports all problems together", () => {
    const flags = {
      addr: "8080",
      logLevel: "loud",
      readTimeout: "5",
      pace: "warp",
      operariusNamespace: "A",
      authMethod: "digest",
      maxBodyBytes: "4GB",
      maxConcurrentDeliveries: "0",
      drain: "-1s",
    };
    const found = problems({ flags });
    for (const name of Object.keys(flags)) expect(found.join("\n")).toContain(`--${name}`);
    expect(found).toHaveLength(9);
  });

  it.each([
    [{ authMethod: "basic" }, ["authBasicUser", "authBasicPass"]],
    [{ authMethod: "basic", authBasicUser: "u" }, ["authBasicPass"]],
    [{ authMethod: "basic", authBasicUser: "a:b", authBasicPass: "p" }, ["colon"]],
    [{ authMethod: "bearer" }, ["authBearerToken"]],
    [{ authMethod: "bearer", authBearerTokenFile: "/absent" }, ["/absent"]],
    [{ authMethod: "bearer", authBearerToken: "t", authBearerTokenFile: "/secret" }, ["both"]],
    [{ authMethod: "bearer", authBearerTokenFile: "/empty" }, ["/empty holds no secret"]],
    [{ authBearerToken: "hunter2" }, ["none"]],
    [{ authBearerTokenFile: "/secret" }, ["none"]],
    [{ tlsCertFile: "/secret" }, ["--tlsKeyFile"]],
    [{ tlsKeyFile: "/secret" }, ["--tlsCertFile"]],
    [{ tlsCertFile: "/secret", tlsKeyFile: "/absent" }, ["/absent"]],
    [{ maxBodyBytes: "64Mi" }, ["32Mi"]],
    [{ maxBodyBytes: "1" }, ["1Ki"]],
    [{ maxConcurrentDeliveries: "1.5" }, ["1 to 10000"]],
  ])("refuses %o", (flags: Record<string, string>, words: string[]) => {
    const found = problems({ flags });
    expect(found).toHaveLength(words.length);
    for (const [index, word] of words.entries()) expect(found[index]).toContain(word);
    expect(found.join()).not.toContain("hunter2");
  });
});

describe("parseDuration", () => {
  it.each([
    ["5s", 5000],
    ["1m30s", 90_000],
    ["250ms", 250],
    ["1.5h", 5_400_000],
    ["0", 0],
  ])("%s is %i ms", (text, want) => expect(parseDuration(text)).toBe(want));
  it.each(["", "5", "s", "5 s", "-5s", "5d", "1e3s"])("'%s' is none", (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});

describe("parseAddress", () => {
  it.each([
    [":8080", { host: "", port: 8080 }],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
    ["localhost:80", { host: "localhost", port: 80 }],
    ["[::1]:8080", { host: "::1", port: 8080 }],
  ])("%s", (text, want) => expect(parseAddress(text)).toEqual(want));
  it.each(["", "8080", ":", ":70000", "::1:80", "a b:1", "host:"])("'%s' is none", (text) =>
    expect(parseAddress(text)).toBeUndefined(),
  );
});
