/** Replicas of `operarius serve`, killed, stopped and started again while others deliver to them. */
import type { ServeOptions, Server } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";

export interface Fleet {
  /** Where each replica is, or was last: a sender learns only by trying that one is down. */
  urls: () => readonly string[];
  replica(number: number): Server;
  /** SIGKILL, whatever it is doing; resolves when it is gone. */
  kill(number: number): Promise<void>;
  /** SIGTERM; resolves with its exit code. */
  terminate(number: number): Promise<number | undefined>;
  /** In the place of one that was ended; resolves when it is ready. */
  start(number: number): Promise<void>;
  /** SIGTERM to all that run; their exit codes. */
  stop(): Promise<(number | undefined)[]>;
}

/** Starts so many, numbered from 0; resolves when all are ready. */
export async function startFleet(size: number, options: (number: number) => ServeOptions): Promise<Fleet> {
  const numbers = Array.from({ length: size }, (_, number) => number);
  const servers = await Promise.all(numbers.map((number) => startServe(options(number))));
  /** Every one that may run still, also one whose place another has taken: two may be started for it at once. */
  const running = new Set<Server>(servers);
  const replica = (number: number): Server => {
    const server = servers[number];
    if (server === undefined) throw new Error(`there is no replica ${number}`);
    return server;
  };
  const end = (server: Server): Promise<number | undefined> => {
    running.delete(server);
    return server.stop();
  };
  return {
    urls: () => servers.map(({ url }) => url),
    replica,
    async kill(number) {
      const server = replica(number);
      running.delete(server);
      server.program.signal("SIGKILL");
      await server.program.ended;
    },
    terminate: (number) => end(replica(number)),
    async start(number) {
      const server = await startServe(options(number));
      running.add(server);
      servers[number] = server;
    },
    stop: () => Promise.all([...running].map(end)),
  };
}
