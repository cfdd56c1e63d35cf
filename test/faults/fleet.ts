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
  const down = new Set<number>();
  const replica = (number: number): Server => {
    const server = servers[number];
    if (server === undefined) throw new Error(`there is no replica ${number}`);
    return server;
  };
  const terminate = (number: number): Promise<number | undefined> => {
    down.add(number);
    return replica(number).stop();
  };
  return {
    urls: () => servers.map(({ url }) => url),
    replica,
    async kill(number) {
      down.add(number);
      const { program } = replica(number);
      program.signal("SIGKILL");
      await program.ended;
    },
    terminate,
    async start(number) {
      servers[number] = await startServe(options(number));
      down.delete(number);
    },
    stop: () => Promise.all(numbers.filter((number) => !down.has(number)).map(terminate)),
  };
}
