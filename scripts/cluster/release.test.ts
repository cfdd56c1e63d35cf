import { expect, test } from "vitest";
import { hasPlainPorts, isSupported } from "./release.ts";

test.each([
  ["v1.35.4", true],
  ["v1.27.0", true],
  ["v1.27.3-gke.100", true],
  ["v1.26.15", false],
  ["v1.20.2", false],
  ["v2.0.0", true],
  ["nonsense", false],
])("%s is supported: %s", (version, expected) => {
  expect(isSupported(version)).toBe(expected);
});

test.each([
  ["v1.35.4", false],
  ["v1.22.0", false],
  ["v1.21.14", true],
  ["v1.20.2", true],
])("%s has ports without TLS: %s", (version, expected) => {
  expect(hasPlainPorts(version)).toBe(expected);
});
