/** Small conversions that the projections share (pure). */
import type { Container } from "kubernetes-types/core/v1";
import { digest } from "../../engine/digest.ts";

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

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A Kubernetes quantity as a number; 0 for what is absent or has a unit that nobody asks for here. */
function quantity(text: string | number | undefined): number {
  const [, digits = "", unit = ""] = /^([0-9.]+(?:e[0-9]+)?)([a-zA-Z]*)$/.exec(String(text ?? "")) ?? [];
  return Number(digits) * (UNITS[unit] ?? 0);
}

/** A quantity of CPU in thousandths. */
export function milli(text: string | number | undefined): number {
  return Math.round(quantity(text) * 1000);
}

/** A quantity of memory in bytes. */
export function bytes(text: string | number | undefined): number {
  return Math.round(quantity(text));
}
