/** Passes TCP connections on to a server as long as it is up: an outage of the API server for one program alone. */
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { join } from "node:path";

export interface Relay {
  /** The account's kubeconfig with this relay in place of the server. */
  kubeconfig: string;
  /** Ends every connection and takes no more. */
  down(): void;
  up(): void;
  stop(): Promise<void>;
}

/** Starts it on loopback, up. The server's certificate must be good for 127.0.0.1. */
export async function startRelay(options: { url: string; kubeconfig: string; directory: string }): Promise<Relay> {
  const { hostname, port } = new URL(options.url);
  const open = new Set<Socket>();
  let isUp = true;
  const server = createServer((incoming) => {
    if (!isUp) return void incoming.resetAndDestroy();
    const outgoing = connect({ host: hostname, port: Number(port) });
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(from);
      from.on("error", () => undefined);
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const own = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = join(options.directory, "kubeconfig-of-relay");
  writeFileSync(kubeconfig, readFileSync(options.kubeconfig, "utf8").replace(options.url, own), { mode: 0o600 });
  const down = (): void => {
    isUp = false;
    for (const socket of open) socket.destroy();
  };
  return {
    kubeconfig,
    down,
    up: () => {
      isUp = true;
    },
    async stop() {
      down();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
