/** Deterministic names: the names are the lock, so equal input must give equal output on every replica, for ever. */
import { createHash } from "node:crypto";

const MAX_NAME = 63;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** `length` characters of [0-9a-z] from the SHA-256 of the parts; the parts cannot run into one another. */
export function shortHash(parts: readonly string[], length: number): string {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return BigInt(`0x${hex}`).toString(36).padStart(50, "0").slice(-length);
}

/** A target's identity in ten characters: part of names, and the value of the target-hash label. */
export function targetHash(target: { cluster: string; kind: string; namespace: string; name: string }): string {
  return shortHash([target.cluster, target.kind, target.namespace, target.name], 10);
}

/**
 * The text as a DNS-1123 label of at most `max` characters, never ending in `-`; may be "". What is cut off is
 * represented by four characters of hash, so that two long names do not become one.
 */
export function dnsLabel(text: string, max: number): string {
  const clean = (value: string) => value.replaceAll(/^-+|-+$/g, "");
  const legal = clean(text.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-"));
  if (legal.length <= max) return legal;
  return `${clean(legal.slice(0, max - 5))}-${shortHash([text], 4)}`;
}

function join(prefix: string, suffix: string): string {
  const head = dnsLabel(prefix, MAX_NAME - suffix.length - 1);
  return head === "" ? suffix : `${head}-${suffix}`;
}

/** `<kind>-<name, cut>-<hash10>-<sequence>`: one name per target and episode. */
export function remediationName(target: { kind: string; name: string }, hash: string, sequence: number): string {
  return join(`${target.kind}-${target.name}`, `${hash}-${sequence}`);
}

/** `<operarius, cut>-<hash10>-<sequence>-<attempt>`: one Job per record and attempt. */
export function jobName(operarius: string, hash: string, sequence: number, attempt: number): string {
  return join(operarius, `${hash}-${sequence}-${attempt}`);
}

/** The value itself when it is a legal Kubernetes label value, else a shortened one that ends in a hash of it. */
export function labelValue(value: string): string {
  if (value.length <= MAX_NAME && LABEL_VALUE.test(value)) return value;
  const head = value
    .replaceAll(/[^-A-Za-z0-9_.]+/g, "_")
    .slice(0, MAX_NAME - 9)
    .replaceAll(/^[-_.]+|[-_.]+$/g, "");
  const hash = shortHash([value], 8);
  return head === "" ? hash : `${head}-${hash}`;
}
