/** Small conversions that the projections share (pure). */
import type { Container } from "kubernetes-types/core/v1";
import { digest } from "../../engine/digest.ts";
import { amountOf } from "../../engine/quantity.ts";

/** Milliseconds since the epoch of an ISO 8601 time; undefined when there is none. */
export function time(text: string | undefined | null): number | undefined {
  const ms = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** `{key: value}` when the value is there, `{}` otherwise: for optional members under exactOptionalPropertyTypes. */
export function when<K extends string, V>(key: K, value: V | undefined | null): { [P in K]?: V } {
  return (value === undefined || value === null ? {} : { [key]: value }) as { [P in K]?: V };
}

/**
 * Digest by container name of what makes a container this one: image, command, arguments. It is only compared within one
 * view; `salt`, which is kept nowhere, makes it useless for guessing an argument.
 */
export function containerSpecs(containers: readonly Container[], salt = ""): Record<string, string> {
  return Object.fromEntries(
    containers.map((container) => [
      container.name,
      digest({ salt, image: container.image, command: container.command, args: container.args }, 12),
    ]),
  );
}

/** A quantity of CPU in thousandths. */
export function milli(text: string | number | undefined): number {
  return Math.round(amountOf(text) * 1000);
}

/** A quantity of memory in bytes. */
export function bytes(text: string | number | undefined): number {
  return Math.round(amountOf(text));
}
