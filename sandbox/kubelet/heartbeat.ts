/** Registers a node and keeps its Lease and status fresh. */
import type { Node } from "kubernetes-types/core/v1";
import { isAlreadyExists, isNotFound } from "../../src/kube/errors.ts";
import { formatMicroTime } from "../../src/kube/micro-time.ts";
import { leases, nodes } from "../../src/kube/resources.ts";
import type { Kube, Live } from "../../src/kube/types.ts";
import type { NodeFacts } from "./node-object.ts";
import { nodeConditions, nodeObject, nodeStatus } from "./node-object.ts";

const leaseNamespace = "kube-node-lease";

export interface Heartbeat {
  /** One sign of life. The first one registers the node; a node that is deleted later is not registered again. */
  beat(input: { node: Live<Node> | undefined; diskPressure: boolean }): Promise<void>;
}

export function createHeartbeat(input: { kube: Kube; facts: NodeFacts; now: () => number }): Heartbeat {
  const { kube, facts, now } = input;
  const { name } = facts;
  let uid: string | undefined;
  let isComplete = false;

  /** Returns the node's uid. */
  async function register(): Promise<string> {
    try {
      return (await kube.create(nodes, nodeObject(facts))).metadata.uid;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return (await kube.get(nodes, { name })).metadata.uid;
    }
  }

  async function reportStatus(node: Live<Node> | undefined, diskPressure: boolean): Promise<void> {
    const at = `${new Date(now()).toISOString().slice(0, 19)}Z`;
    const conditions = nodeConditions(node?.status?.conditions ?? [], diskPressure, at);
    // A node that was taken out of the cluster and put back has to be told everything again.
    const isKnown = isComplete && (node === undefined || node.status?.capacity !== undefined);
    const body = { status: { ...(isKnown ? {} : nodeStatus(facts)), conditions } };
    await kube.patchStatus(nodes, { name }, { type: "strategic", body });
    isComplete = true;
  }

  async function renewLease(nodeUid: string): Promise<void> {
    const ref = { name, namespace: leaseNamespace };
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: formatMicroTime(new Date(now())) };
    try {
      await kube.patch(leases, ref, { type: "merge", body: { spec } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const ownerReferences = [{ apiVersion: "v1", kind: "Node", name, uid: nodeUid }];
      const metadata = { ...ref, ownerReferences };
      await kube.create(leases, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec });
    }
  }

  return {
    async beat({ node, diskPressure }) {
      uid ??= await register();
      try {
        await reportStatus(node, diskPressure);
      } catch (error) {
        // Somebody took the node out of the cluster; a kubelet does not put it back by itself.
        if (isNotFound(error)) return;
        throw error;
      }
      await renewLease(uid);
    },
  };
}
