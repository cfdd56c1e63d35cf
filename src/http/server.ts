import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";

export interface Address {
  /** "" = all interfaces. */
  host: string;
  /** 0 = chosen by the system. */
  port: number;
}

export interface RunningServer {
  port: number;
  /** Stops accepting, lets requests in flight finish for at most `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** Starts listening. Rejects with Node's error (EADDRINUSE, EACCES ...) when it cannot. */
export async function listen(
  app: Hono,
  { address, readTimeoutMs, writeTimeoutMs }: { address: Address; readTimeoutMs: number; writeTimeoutMs: number },
): Promise<RunningServer> {
  // Node looks for late requests every 30 s unless told otherwise.
  const serverOptions = { connectionsCheckingInterval: Math.min(readTimeoutMs, 1000) };
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions }) as Server;
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
  return { port, close: (graceMs) => closeServer(server, graceMs) };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
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
