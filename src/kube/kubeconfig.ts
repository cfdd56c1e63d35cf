/**
 * Credentials from kubeconfig files. The official client does the work (exec plugins, OIDC, client certificates,
 * proxies). It costs more start-up time than all the rest of the program, so this file is only ever imported lazily.
 */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import type { Authentication, Credentials } from "./authentication.ts";
import { CredentialsError } from "./authentication.ts";
import { cacheAuthentication } from "./authentication-cache.ts";
import { fileErrorReason } from "./file-errors.ts";
import { parseKubeconfig } from "./kubeconfig-file.ts";

export interface KubeconfigOptions {
  /** In order of precedence, at least one. The first file that defines a name wins, as in kubectl. */
  files: string[];
  /** Instead of `current-context`. */
  context?: string;
}

/** Reads and checks the files now. Rejects with `CredentialsError`. */
export async function kubeconfigCredentials(options: KubeconfigOptions): Promise<Credentials> {
  const source = options.files.join(", ");
  const { server, namespace, ...loaded } = await load(options);
  let { config } = loaded;
  const cache = cacheAuthentication(async (again) => {
    // The library keeps a plugin's token until its stated end; only a fresh start makes it ask for another.
    if (again) {
      const reloaded = await load(options);
      // A token of another cluster must not be sent to this one.
      if (reloaded.server !== server) {
        throw new CredentialsError(`${source} now names another server, ${reloaded.server}. Start again to use it.`);
      }
      config = reloaded.config;
    }
    return fillOptions(config, source);
  });
  return {
    server,
    source,
    ...(namespace === undefined ? {} : { namespace }),
    authenticate: () => cache.authenticate(),
    forget: (refused) => cache.forget(refused),
  };
}

interface Loaded {
  config: KubeConfig;
  server: string;
  namespace: string | undefined;
}

async function load({ files, context }: KubeconfigOptions): Promise<Loaded> {
  const merged = new KubeConfig();
  const parts = await Promise.all(files.map((file) => loadFile(new KubeConfig(), file)));
  merged.loadFromOptions({
    clusters: firstOfEachName(parts.flatMap(({ clusters }) => clusters ?? [])),
    users: firstOfEachName(parts.flatMap(({ users }) => users ?? [])),
    contexts: firstOfEachName(parts.flatMap(({ contexts }) => contexts ?? [])),
    currentContext: context ?? parts.map(({ currentContext }) => currentContext).find((name) => Boolean(name)) ?? "",
  });
  const { server, namespace } = resolveContext(merged, files.join(", "));
  allowAnonymousAndHttp(merged);
  return { config: merged, server, namespace };
}

async function loadFile(config: KubeConfig, file: string): Promise<KubeConfig> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new CredentialsError(
      `cannot read the kubeconfig ${file}: ${fileErrorReason(error)}. Give another file with --kubeconfig or KUBECONFIG.`,
      { cause: error },
    );
  }
  const content = await parseKubeconfig(file, text);
  try {
    config.loadFromString(JSON.stringify(content));
  } catch (error) {
    // The library's messages name fields, not values ("users[0].name is missing").
    throw new CredentialsError(`${file} is not a valid kubeconfig: ${error instanceof Error ? error.message : "?"}`);
  }
  config.makePathsAbsolute(dirname(file));
  return config;
}

function firstOfEachName<T extends { name: string }>(entries: T[]): T[] {
  const seen = new Set<string>();
  return entries.filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** Resolves the context to a server; every gap on the way is named. */
function resolveContext(config: KubeConfig, source: string): { server: string; namespace: string | undefined } {
  const name = config.getCurrentContext();
  const known = config.getContexts().map((context) => context.name);
  const choice = known.length === 0 ? "it defines no context" : `it knows ${known.slice(0, 20).join(", ")}`;
  const context = config.getContextObject(name);
  if (!context) {
    throw new CredentialsError(
      name === ""
        ? `${source} has no current-context (${choice}). Choose one with --context.`
        : `${source} has no context "${name}" (${choice}). Choose another with --context.`,
    );
  }
  const cluster = config.getCluster(context.cluster);
  if (!cluster) {
    throw new CredentialsError(
      `${source}: context "${name}" refers to the cluster "${context.cluster}", which is missing.`,
    );
  }
  if (context.user && !config.getUser(context.user)) {
    throw new CredentialsError(`${source}: context "${name}" refers to the user "${context.user}", which is missing.`);
  }
  if (!/^https?:\/\/[^/]/.test(cluster.server) || !URL.canParse(cluster.server)) {
    throw new CredentialsError(`${source}: the server of cluster "${cluster.name}" is not an http(s) URL.`);
  }
  return { server: cluster.server.replace(/\/+$/, ""), namespace: context.namespace || undefined };
}

/** Two quirks of the library: without a user it also drops the CA, and plain http (kubectl proxy) is refused. */
function allowAnonymousAndHttp(config: KubeConfig): void {
  const context = config.getContextObject(config.getCurrentContext());
  const cluster = config.getCurrentCluster();
  if (!context || !cluster) return;
  const insecure = cluster.skipTLSVerify || cluster.server.startsWith("http:");
  config.loadFromOptions({
    clusters: [{ ...cluster, skipTLSVerify: insecure }],
    users: [config.getCurrentUser() ?? { name: "anonymous" }],
    contexts: [{ ...context, user: config.getCurrentUser()?.name ?? "anonymous" }],
    currentContext: context.name,
  });
}

async function fillOptions(config: KubeConfig, source: string): Promise<Authentication> {
  const options: Parameters<KubeConfig["applyToHTTPSOptions"]>[0] = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new CredentialsError(`${source}: cannot authenticate: ${authenticationFailure(error)}`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === "string") headers[name.toLowerCase()] = value.trim();
  }
  if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized }).filter(([, value]) => value),
  );
  if (rejectUnauthorized === false) tls.rejectUnauthorized = false;
  const proxied = config.getCurrentCluster()?.proxyUrl ? options.agent : undefined;
  return { headers, tls, ...(typeof proxied === "object" ? { agent: proxied } : {}) };
}

/** The plugin's own words (its stderr) help; its output is a secret and never shown, not even in part. */
function authenticationFailure(error: unknown): string {
  if (error instanceof SyntaxError) return "the exec plugin did not print valid JSON.";
  if (!(error instanceof Error)) return "unknown reason.";
  if ("path" in error && typeof error.path === "string") {
    return `cannot use ${error.path}: ${fileErrorReason(error)}.`;
  }
  return error.message.trim().slice(0, 300) || "the exec plugin failed without a message.";
}
