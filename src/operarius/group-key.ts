const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;

/**
 * The value of the Job label `openfero.io/group-key`: "" stays "", anything else becomes `g` and the base-36 form of
 * the 64-bit FNV-1a hash of its UTF-8 bytes (fixed by the OpenFero contract).
 */
export function hashGroupKey(groupKey: string): string {
  if (groupKey === "") return "";
  let hash = OFFSET;
  for (const byte of new TextEncoder().encode(groupKey)) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  return `g${hash.toString(36)}`;
}
