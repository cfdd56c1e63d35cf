/**
 * Keeps the receipt of an attempt as a resource beside its record. Best effort: what goes wrong is said, and nothing about
 * the repair depends on it.
 */
import type { Packed } from "../engine/receipt-pack.ts";
import { pack } from "../engine/receipt-pack.ts";
import type { Receipt } from "../engine/receipt-schema.ts";
import { redact } from "../engine/redact.ts";
import { isAlreadyExists, isConflict } from "../kube/errors.ts";
import type { Kube, Live } from "../kube/types.ts";
import type { ReceiptResource } from "../operarius/receipt-resource.ts";
import { receiptName, receipts } from "../operarius/receipt-resource.ts";

/** The record that the attempt belongs to. */
export interface ReceiptOwner {
  namespace: string;
  /** Name and uid of the Remediation. */
  name: string;
  uid: string;
  attempt: number;
}

export type Kept = { kind: "kept"; name: string; digest: string } | { kind: "not-kept"; digest: string; why: string };

export interface ReceiptKeeper {
  /** Stores this state of the receipt, in place of the one before. Never rejects. */
  keep(receipt: Receipt, cause: string): Promise<Kept>;
}

/** A repair does not wait long for its record. */
const TIMEOUT_MS = 5000;
const MOST_WRITES = 50;
const MOST_MESSAGE = 1024;

/** The keeper for one attempt: created at the first call, replaced under its resourceVersion at the later ones. */
export function createReceiptKeeper(kube: Kube, owner: ReceiptOwner): ReceiptKeeper {
  const { namespace, name: remediation, uid, attempt } = owner;
  const name = receiptName(remediation, attempt);
  let stored: Live<ReceiptResource> | undefined;

  function resource(receipt: Receipt, packed: Packed, cause: string): ReceiptResource {
    const { target, verdict, writes, schema } = receipt;
    return {
      metadata: {
        name,
        namespace,
        labels: { "app.kubernetes.io/managed-by": "operarius" },
        ownerReferences: [{ apiVersion: "openfero.io/v1alpha1", kind: "Remediation", name: remediation, uid }],
      },
      spec: {
        target: { kind: target.kind, namespace: target.namespace, name: target.name },
        remediation,
        attempt,
        schema,
        ...(verdict === undefined
          ? {}
          : { verdict: verdict.kind, reason: verdict.reason, message: redact(verdict.message, MOST_MESSAGE), cause }),
        writes: writes.slice(0, MOST_WRITES).map(({ step }) => redact(step.summary, MOST_MESSAGE)),
        ...(packed.receipt.truncated === undefined ? {} : { truncated: true }),
        digest: packed.digest,
        data: packed.data,
      },
    };
  }

  async function write(next: ReceiptResource): Promise<Live<ReceiptResource>> {
    // For all requests of this call together.
    const options = { timeoutMs: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) };
    if (stored === undefined) {
      try {
        return await kube.create(receipts, next, options);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        stored = await kube.get(receipts, { namespace, name }, options);
      }
    }
    try {
      return await kube.replace(receipts, replacement(stored, next), options);
    } catch (error) {
      if (!isConflict(error)) throw error;
      // Whoever wrote it meanwhile knows less of this attempt than the attempt itself.
      return await kube.replace(
        receipts,
        replacement(await kube.get(receipts, { namespace, name }, options), next),
        options,
      );
    }
  }

  return {
    async keep(receipt, cause) {
      let digest = "";
      try {
        const packed = pack(receipt);
        digest = packed.digest;
        stored = await write(resource(receipt, packed, cause));
        return { kind: "kept", name, digest };
      } catch (error) {
        // What is stored is not known any more: the next call asks.
        stored = undefined;
        return { kind: "not-kept", digest, why: redact(error instanceof Error ? error.message : String(error), 500) };
      }
    },
  };
}

function replacement(before: Live<ReceiptResource>, { metadata, spec }: ReceiptResource): Live<ReceiptResource> {
  const { labels, ownerReferences } = metadata ?? {};
  return {
    ...before,
    metadata: { ...before.metadata, ...(labels && { labels }), ...(ownerReferences && { ownerReferences }) },
    spec,
  };
}
