/** A receipt as it is stored: JSON, compressed, and cut where it would not fit. */
import { gunzipSync, gzipSync } from "node:zlib";
import { digest } from "./digest.ts";
import type { Receipt } from "./receipt-schema.ts";

/** Most characters of the stored text: with everything around it an object stays below etcd's limit of 1.5 MiB. */
export const MOST_CHARACTERS = 900 * 1024;
/** Most bytes that a packed receipt may unpack to. */
const MOST_UNPACKED = 256 * 1024 * 1024;

export interface Packed {
  /** base64 of the compressed JSON. */
  data: string;
  /** What is in `data`: the receipt, or what was left of it. */
  receipt: Receipt;
  /** sha256 of the receipt in `data`. */
  digest: string;
}

/** Packs the receipt. What does not fit is cut, the least needed first, and named in `truncated`. */
export function pack(receipt: Receipt, most = MOST_CHARACTERS): Packed {
  let kept = receipt;
  for (;;) {
    // Not canonical: the order of members is part of the facts.
    const data = gzipSync(JSON.stringify(kept), { level: 6 }).toString("base64");
    if (data.length <= most) return { data, receipt: kept, digest: digest(kept) };
    const less = cut(kept);
    if (less === undefined) throw new RangeError(`a receipt without its details still has ${data.length} characters`);
    kept = less;
  }
}

/** The JSON text of a packed receipt. Throws when it is no base64 of gzip, or unpacks to more than any receipt has. */
export function unpack(data: string): string {
  return gunzipSync(Buffer.from(data, "base64"), { maxOutputLength: MOST_UNPACKED }).toString("utf8");
}

/** One part less: the observations of middle looks, of the first, of all; then the plans' and nodes' details. */
function cut(receipt: Receipt): Receipt | undefined {
  const { looks } = receipt;
  const without = (index: number): Receipt => ({
    ...receipt,
    looks: looks.map((look, at) => (at === index ? withoutObservation(look) : look)),
    ...(looks.some((look, at) => at !== index && look.observation !== undefined) ? {} : { tables: {} }),
    truncated: [...(receipt.truncated ?? []), `looks[${index}].observation`],
  });
  const has = (index: number): boolean => looks[index]?.observation !== undefined;
  for (let index = 1; index < looks.length - 1; index++) if (has(index)) return without(index);
  if (has(0) && looks.length > 1) return without(0);
  if (has(looks.length - 1)) return without(looks.length - 1);
  if (receipt.nodes.changed.length > 0)
    return {
      ...receipt,
      nodes: { ...receipt.nodes, changed: [], more: receipt.nodes.more + receipt.nodes.changed.length },
      truncated: [...(receipt.truncated ?? []), "nodes.changed"],
    };
  return undefined;
}

function withoutObservation({ observation: _cut, folded: _rows, ...rest }: Receipt["looks"][number]) {
  return rest;
}
