/** One Lease on a fault server: create, read and replace with resourceVersion conflicts, as the API server does it. */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Behaviour, FaultServer } from "./fault-server.ts";
import { failure, json, startFaultServer } from "./fault-server.ts";

export interface LeaseServer extends FaultServer {
  lease(): Lease | undefined;
  /** Somebody else's write. */
  put(spec: Lease["spec"]): void;
  /** Answers every request until it is taken away; undefined = behave. */
  fault: Behaviour | undefined;
}

/** A server without a Lease. */
export async function startLeaseServer(): Promise<LeaseServer> {
  let stored: Lease | undefined;
  let version = 0;
  const save = (lease: Lease): Lease => {
    version += 1;
    stored = { ...lease, metadata: { ...lease.metadata, uid: "u", resourceVersion: String(version) } };
    return stored;
  };
  const behave: Behaviour = (response, request) => {
    const answer = (): Behaviour => {
      if (request.method === "POST") {
        if (stored !== undefined) return failure(409, "AlreadyExists");
        return json(save(JSON.parse(request.body) as Lease), 201);
      }
      if (stored === undefined) return failure(404, "NotFound");
      if (request.method === "GET") return json(stored);
      const sent = JSON.parse(request.body) as Lease;
      if (sent.metadata?.resourceVersion !== stored.metadata?.resourceVersion) return failure(409, "Conflict");
      return json(save(sent));
    };
    answer()(response, request);
  };
  const server = await startFaultServer((response, request) => (leaseServer.fault ?? behave)(response, request));
  const leaseServer: LeaseServer = Object.assign(server, {
    lease: () => stored,
    put: (spec: Lease["spec"]) => {
      save({ metadata: { namespace: "ns", name: "leader" }, ...(spec === undefined ? {} : { spec }) });
    },
    fault: undefined,
  });
  return leaseServer;
}
