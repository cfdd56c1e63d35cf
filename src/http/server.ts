import type { Server } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { TlsPair } from "./tls.ts";
import { MIN_TLS_VERSION } from "./tls.ts";

export interface Address {
  /** "" = all interfaces. */
  host: string;
  /** 0 = chosen by the system. */
  port: number;
}

export interface RunningServer {
  port: number;
  /** What new connections are served with from now on; nothing on a server without TLS. */
  renew(pair: TlsPair): void;
  /** Stops accepting, lets requests in flight finish for at most `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  address: Address;
  readTimeoutMs: number;
  writeTimeoutMs: number;
  /** Absent: plain HTTP. */
  tls?: TlsPair;
}

/** Starts listening. Rejects with Node's error (EADDRINUSE, EACCES ...) when it cannot. */
export async function listen(
  app: Hono,
  { address, readTimeoutMs, writeTimeoutMs, tls }: ListenOptions,
): Promise<RunningServer> {
  // Node looks for late requests every 30 s unless told otherwise.
  const serverOptions = { connectionsCheckingInterval: Math.min(readTimeoutMs, 1000) };
  const secure = { ...tls, minVersion: MIN_TLS_VERSION, handshakeTimeout: readTimeoutMs } as const;
  const server = createAdaptorServer({
    fetch: app.fetch,
    ...(tls === undefined
      ? { serverOptions }
      : { createServer: createHttpsServer, serverOptions: { ...serverOptions, ...secure } }),
  }) as Server | HttpsServer;
  // A request must arrive whole within readTimeout; a socket that neither reads nor writes for both timeouts is closed.
  server.requestTimeout = readTimeoutMs;
  server.headersTimeout = readTimeoutMs;
  server.setTimeout(readTimeoutMs + writeTimeoutMs);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: address.port, ...(address.host === "" ? {} : { host: address.host }) }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    renew: (pair) => {
      if ("setSecureContext" in server) server.setSecureContext({ ...pair, minVersion: MIN_TLS_VERSION });
    },
    close: (graceMs) => closeServer(server, graceMs),
  };
}

async function closeServer(server: Server | HttpsServer, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    // Connections that are busy now end with their answer instead of being kept alive.
    server.keepAliveTimeout = 1;
    server.closeIdleConnections();
  });
}
