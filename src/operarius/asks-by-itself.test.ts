import type { PodSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { anOperarius } from "../../test/support/control-fixture.ts";
import { asksByItself } from "./asks-by-itself.ts";
import type { Operarius } from "./operarius.ts";

const heal = { name: "heal", image: "operarius:0.1.0", args: ["heal", "daemonset", "--rollback=approve"] };
const shell = { name: "shell", image: "tools:1", command: ["sh", "-c", "kubectl delete pod --all"] };

function specOf(podSpec: PodSpec): Operarius["spec"] {
  return anOperarius({ jobTemplate: { spec: { template: { spec: podSpec } } } } as never).spec as Operarius["spec"];
}

describe("asksByItself", () => {
  it.each<{ name: string; podSpec: PodSpec; want: boolean }>([
    { name: "our remedy alone", podSpec: { containers: [heal] }, want: true },
    {
      name: "started by its path",
      podSpec: { containers: [{ ...heal, command: ["/usr/local/bin/operarius"] }] },
      want: true,
    },
    {
      name: "with variables of its own",
      podSpec: { containers: [{ ...heal, env: [{ name: "NODE_NAME", value: "n1" }] }] },
      want: true,
    },
    { name: "another Job", podSpec: { containers: [shell] }, want: false },
    {
      name: "a shell that is given our words",
      podSpec: { containers: [{ ...heal, command: ["sh", "-c", "kubectl delete pod --all"] }] },
      want: false,
    },
    { name: "something before it", podSpec: { initContainers: [shell], containers: [heal] }, want: false },
    { name: "something beside it", podSpec: { containers: [heal, shell] }, want: false },
    {
      name: "something at its start",
      podSpec: { containers: [{ ...heal, lifecycle: { postStart: { exec: { command: ["sh"] } } } }] },
      want: false,
    },
    {
      name: "a mode of its own",
      podSpec: { containers: [{ ...heal, env: [{ name: "OPERARIUS_MODE", value: "auto" }] }] },
      want: false,
    },
    {
      name: "an approval of its own",
      podSpec: { containers: [{ ...heal, env: [{ name: "OPERARIUS_APPROVED_PLAN", value: "d1" }] }] },
      want: false,
    },
    { name: "no container", podSpec: { containers: [] }, want: false },
  ])("$name: $want", ({ podSpec, want }) => {
    expect(asksByItself(specOf(podSpec))).toBe(want);
  });
});
