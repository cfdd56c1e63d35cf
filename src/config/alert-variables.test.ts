import { expect, it } from "vitest";
import { alertVariables } from "./alert-variables.ts";

it("keeps the alert's labels by name, bounded, and nothing else of the environment", () => {
  const env = {
    OPENFERO_NAMESPACE: "kube-system",
    OPENFERO_ALERTNAME: "KubeDaemonSetRolloutStuck",
    OPENFERO_EMPTY: "",
    OPENFERO_LONG: "x y ".repeat(200),
    OPENFERO_URL: "https://robot:s3cr3tV4lue@example.com/",
    OPENFERO_API_TOKEN: "s3cr3tV4lue",
    OPERARIUS_AUTH_BASIC_PASS: "s3cr3tV4lue",
    HOME: "/home/someone",
  };
  const kept = alertVariables(env);
  expect(Object.keys(kept)).toEqual(["OPENFERO_ALERTNAME", "OPENFERO_LONG", "OPENFERO_NAMESPACE", "OPENFERO_URL"]);
  expect(JSON.stringify(kept)).not.toContain("s3cr3tV4lue");
  expect(kept.OPENFERO_LONG?.length).toBeLessThanOrEqual(256);
});

it("keeps a bounded number of them", () => {
  const env = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`OPENFERO_L${n}`, "x"]));
  expect(Object.keys(alertVariables(env))).toHaveLength(64);
});
