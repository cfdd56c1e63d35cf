/** What a container does, told by its image: the sandbox's stand-in for real programs. Pure. */
import type { Container } from "kubernetes-types/core/v1";
import type { KubeletTuning } from "../tuning.ts";

export type Behaviour =
  /** The pull fails for ever. */
  | { kind: "no-image"; reason: "ErrImagePull" | "InvalidImageName" }
  /** Cannot be started: `message` says why. */
  | { kind: "no-start"; message: string }
  | Simulated
  /** This project's program, run as a local process. */
  | { kind: "program"; args: string[] };

interface Simulated {
  kind: "simulated";
  /** After its start; undefined = never ready. */
  readyAfterMs: number | undefined;
  /** After its start; undefined = runs until it is stopped. */
  exitAfterMs: number | undefined;
  exitCode: number;
  /** Ignores SIGTERM and is killed at the end of its grace period. */
  ignoresTerm: boolean;
  /** A fixed wait before each restart in place of the growing back-off. */
  restartAfterMs: number | undefined;
}

export interface Situation {
  restartPolicy: string;
  /** A node fault makes this container crash whatever its image. */
  isCursed: boolean;
  tuning: KubeletTuning;
}

export function behaviourOf(container: Container, { restartPolicy, isCursed, tuning }: Situation): Behaviour {
  const image = container.image ?? "";
  if (!/^[a-z0-9][a-z0-9._\-/]*(:\d+\/[a-z0-9._\-/]+)?(:[\w][\w.-]*)?(@sha256:[0-9a-f]+)?$/.test(image)) {
    return { kind: "no-image", reason: "InvalidImageName" };
  }
  const [repository = "", tag = "latest"] = lastSegment(image).split(":");
  const steady = simulated({ readyAfterMs: tuning.readyMs });
  const crashing = simulated({ exitAfterMs: tuning.crashAfterMs, exitCode: 1 });
  if (isCursed) return crashing;
  if (repository === "operarius") return program(container);
  const endsBySelf = simulated({ readyAfterMs: tuning.readyMs, exitAfterMs: tuning.runMs });
  if (repository !== "app") return restartPolicy === "Always" ? steady : endsBySelf;
  switch (tag.split("-")[0]) {
    case "bad":
      return { kind: "no-image", reason: "ErrImagePull" };
    case "crash":
      return crashing;
    case "oom":
      return { ...crashing, exitCode: 137 };
    case "notready":
      return simulated({});
    case "flap":
      return simulated({ readyAfterMs: 0, exitAfterMs: tuning.flapMs, exitCode: 1, restartAfterMs: tuning.flapMs });
    case "slow":
      return simulated({ readyAfterMs: tuning.slowMs });
    case "longgrace":
      return { ...steady, ignoresTerm: true };
    case "exit":
      return { ...endsBySelf, exitCode: Number.parseInt(tag.slice("exit-".length), 10) || 0 };
    default:
      return steady;
  }
}

/** "app:ok-1" of "registry/team/app:ok-1@sha256:..." */
export function lastSegment(image: string): string {
  return image.split("@")[0]?.split("/").at(-1) ?? "";
}

function simulated(parts: Partial<Simulated>): Simulated {
  return {
    kind: "simulated",
    readyAfterMs: undefined,
    exitAfterMs: undefined,
    exitCode: 0,
    ignoresTerm: false,
    restartAfterMs: undefined,
    ...parts,
  };
}

function program(container: Container): Behaviour {
  const [file, ...rest] = container.command ?? ["operarius"];
  if (file !== "operarius" && file?.endsWith("/operarius") !== true) {
    const message =
      "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: " +
      `unable to start container process: exec: "${file ?? ""}": executable file not found in $PATH`;
    return { kind: "no-start", message };
  }
  return { kind: "program", args: [...rest, ...(container.args ?? [])] };
}
