/** Starts what the cases share: one cluster and three servers on it, with the shipped rights. */
import { join } from "node:path";
import { install } from "../../sandbox/bootstrap/install.ts";
import { packageRoot, readManifests } from "../../sandbox/bootstrap/objects.ts";
import type { AccountFiles, Cluster } from "../support/cluster.ts";
import { runProgram } from "../support/program.ts";
import type { Server } from "../support/serve.ts";
import { startListening, startServe } from "../support/serve.ts";
import { createApi } from "./api.ts";
import type { Bench } from "./case.ts";
import { follow } from "./operarius.ts";
import type { Relay } from "./relay.ts";
import { startRelay } from "./relay.ts";

/** What the servers with authentication ask for. */
export const credentials = {
  user: "alertmanager",
  password: "p:ss w0rd",
  token: "0123456789abcdef",
};

/** The header for basic authentication. */
export function basicHeader(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Resolves with the bench and its end; the end rejects when a server did not stop cleanly. */
export async function startBench(
  start: () => Promise<Cluster>,
  entry: string,
): Promise<{ bench: Bench; stop: () => Promise<void> }> {
  const cluster = await start();
  const kustomize = join(packageRoot(), "deploy", "kustomize");
  for (const file of ["namespace.yaml", "rbac.yaml"])
    await install(cluster.person, readManifests(join(kustomize, file)));
  const account = await cluster.account("openfero", "operarius");
  const servers: Server[] = [];
  const relays: Relay[] = [];
  const createRelay = async (): Promise<Relay> => {
    const relay = await relayTo(cluster, account);
    relays.push(relay);
    return relay;
  };
  const relay = await createRelay();
  const common = { entry, kubeconfig: account.kubeconfig, home: cluster.scratch() };
  const { user, password, token } = credentials;
  const basicAuth = { OPERARIUS_AUTH_METHOD: "basic", OPERARIUS_AUTH_BASIC_USER: user };
  const [open, basic, bearer] = await Promise.all([
    startServe(common),
    startServe({ ...common, env: { ...basicAuth, OPERARIUS_AUTH_BASIC_PASS: password } }),
    startServe({
      ...common,
      kubeconfig: relay.kubeconfig,
      // Short: it waits for an API server that is down.
      args: ["--authMethod", "bearer", "--writeTimeout", "3s"],
      env: { OPERARIUS_AUTH_BEARER_TOKEN: token },
    }),
  ]);
  servers.push(open, basic, bearer);
  const following = new AbortController();
  const bench: Bench = {
    cluster,
    kube: cluster.person,
    seen: await follow(cluster.person, following.signal),
    open: createApi(open.url),
    basic: createApi(basic.url, basicHeader(user, password)),
    bearer: createApi(bearer.url, `Bearer ${token}`),
    relay,
    createRelay,
    async startAnother(through) {
      const server = await startListening({ ...common, ...(through && { kubeconfig: through.kubeconfig }) });
      servers.push(server);
      return server;
    },
    async refuses(args) {
      const ended = await runProgram({
        entry,
        args: ["serve", "--addr", "127.0.0.1:0", "--kubeconfig", account.kubeconfig, ...args],
        env: { HOME: common.home },
        killAfterMs: 30_000,
      });
      return { stderr: ended.stderr, ...(ended.code === undefined ? {} : { code: ended.code }) };
    },
    scratch: () => cluster.scratch(),
  };
  const stop = async (): Promise<void> => {
    following.abort();
    const codes = await Promise.all(servers.map((server) => server.stop()));
    for (const each of relays) await each.stop();
    await cluster.stop();
    if (codes.some((code) => code !== 0)) throw new Error(`servers ended with ${codes.join(", ")}`);
  };
  return { bench, stop };
}

function relayTo(cluster: Cluster, { kubeconfig }: AccountFiles): Promise<Relay> {
  return startRelay({ url: cluster.url, kubeconfig, directory: cluster.scratch() });
}
