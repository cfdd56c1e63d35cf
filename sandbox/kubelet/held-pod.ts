/** One pod on one node: its runtime record, its processes, logs and files. */
import { writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Container } from "kubernetes-types/core/v1";
import { isNotFound } from "../../src/kube/errors.ts";
import { configMaps, secrets } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import type { Lookup } from "./program/environment.ts";
import { buildEnvironment, expand } from "./program/environment.ts";
import type { LogBuffer } from "./program/log-buffer.ts";
import { createLogBuffer } from "./program/log-buffer.ts";
import type { ProgramEnd, ProgramProcess } from "./program/process.ts";
import { runProgram } from "./program/process.ts";
import type { Reference } from "./program/references.ts";
import { referencesOf, requiredVolumes } from "./program/references.ts";
import { writeServiceAccount } from "./program/service-account.ts";
import { terminationMessage } from "./program/termination-message.ts";
import { containerExited } from "./runtime/advance.ts";
import { lastSegment } from "./runtime/behaviour.ts";
import type { PodRuntime } from "./runtime/types.ts";

/** What pods of all nodes share. */
export interface Host {
  apiServer: { host: string; port: number; caPem: string };
  programEntry: string;
  directory: string;
  now: () => number;
}

export interface HeldPod {
  readonly runtime: PodRuntime;
  /** Reads the ConfigMaps and Secrets that containers still to be started need, and renews the token when due. */
  prepare(): Promise<void>;
  missing(container: string): string | undefined;
  unmounted(): string | undefined;
  /** Starts the program of a container. */
  run(container: string, args: readonly string[], containerId: string): void;
  signal(container: string, name: "SIGTERM" | "SIGKILL"): void;
  beginLog(container: string): void;
  log(container: string): { current: LogBuffer; previous: LogBuffer | undefined } | undefined;
  /** Ends the logs of containers that do not run, so that followers are let go. */
  endLogs(): void;
  /** When (ms) the token has to be renewed. */
  renewAt(): number | undefined;
  /** Kills every process; nothing is reported any more. */
  killAll(): void;
  /** Removes the pod's files. */
  remove(): Promise<void>;
  /** The pod's object was deleted by us already (it may still be held by finalizers). */
  isDeletionSent: boolean;
}

/** `onChange` is called when something happened that the pod's owner must look at. */
export function holdPod(input: { runtime: PodRuntime; kube: Kube; host: Host; onChange: () => void }): HeldPod {
  const { runtime, kube, host, onChange } = input;
  const directory = join(host.directory, "pods", runtime.pod.metadata.uid);
  const accountDirectory = join(directory, "serviceaccount");
  const data = new Map<string, Readonly<Record<string, string>> | undefined>();
  const processes = new Map<string, ProgramProcess>();
  const logs = new Map<string, { current: LogBuffer; previous: LogBuffer | undefined }>();
  const references = referencesOf(runtime.pod);
  const hasProgram = runtime.containers.some(({ spec }) => isProgram(spec));
  let renewAt: number | undefined;

  const lookup: Lookup = (kind, name) => data.get(`${kind}/${name}`);

  async function read({ kind, name }: Reference): Promise<void> {
    const ref = { name, namespace: runtime.pod.metadata.namespace ?? "" };
    try {
      if (kind === "ConfigMap") data.set(`${kind}/${name}`, (await kube.get(configMaps, ref)).data ?? {});
      else data.set(`${kind}/${name}`, decoded((await kube.get(secrets, ref)).data ?? {}));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      data.set(`${kind}/${name}`, undefined);
    }
  }

  function environmentOf(container: Container): Record<string, string> {
    const built = buildEnvironment(container, runtime.pod, lookup);
    return {
      // What an image would set; the pod's own variables come after and win.
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: directory,
      KUBERNETES_SERVICE_HOST: host.apiServer.host,
      KUBERNETES_SERVICE_PORT: String(host.apiServer.port),
      OPERARIUS_SERVICEACCOUNT_DIR: accountDirectory,
      OPERARIUS_TERMINATION_MESSAGE_PATH: messageFile(container.name),
      ...(built.kind === "ok" ? built.variables : {}),
    };
  }

  const messageFile = (container: string): string => join(directory, `${container}.termination-message`);

  async function onEnd(
    container: Container,
    run: { startedAt: number; containerId: string },
    end: ProgramEnd,
  ): Promise<void> {
    const log = logs.get(container.name)?.current.text() ?? "";
    const message = await terminationMessage({
      container,
      file: messageFile(container.name),
      exitCode: end.exitCode,
      log,
    });
    const reason = end.exitCode === 0 ? "Completed" : "Error";
    containerExited(runtime, container.name, {
      ...end,
      ...(message !== undefined && { message }),
      ...run,
      reason,
      finishedAt: host.now(),
    });
    onChange();
  }

  return {
    runtime,
    isDeletionSent: false,
    async prepare() {
      const isDue = renewAt === undefined || host.now() >= renewAt;
      const runs = runtime.verdict === undefined && runtime.stopping === undefined;
      if (hasProgram && isDue && runs) {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        const { caPem } = host.apiServer;
        renewAt = await writeServiceAccount({
          kube,
          pod: runtime.pod,
          directory: accountDirectory,
          caPem,
          now: host.now(),
        });
      }
      const isStarting = runtime.containers.some(({ state }) => state.kind !== "running");
      if (runs && isStarting) for (const reference of references) await read(reference);
    },
    missing(name) {
      const container = runtime.containers.find((each) => each.name === name)?.spec;
      if (container === undefined) return undefined;
      const built = buildEnvironment(container, runtime.pod, lookup);
      return built.kind === "missing" ? built.message : undefined;
    },
    unmounted() {
      const absent = requiredVolumes(runtime.pod).find(
        ({ reference }) => lookup(reference.kind, reference.name) === undefined,
      );
      if (absent === undefined) return undefined;
      const { kind, name } = absent.reference;
      return `MountVolume.SetUp failed for volume "${absent.volume}" : ${kind.toLowerCase()} "${name}" not found`;
    },
    run(name, args, containerId) {
      const container = runtime.containers.find((each) => each.name === name)?.spec;
      if (container === undefined) return;
      const environment = environmentOf(container);
      // As the real kubelet does: each start of a container finds its own, empty message file.
      writeFileSync(messageFile(name), "");
      const startedAt = host.now();
      const started = runProgram({
        entry: host.programEntry,
        args: args.map((each) => expand(each, environment)),
        environment,
        directory,
        onOutput: (chunk) => logs.get(name)?.current.append(chunk),
        onEnd: (end) => {
          processes.delete(name);
          void onEnd(container, { startedAt, containerId }, end);
        },
      });
      processes.set(name, started);
    },
    signal: (name, signal) => processes.get(name)?.signal(signal),
    beginLog(name) {
      const before = logs.get(name)?.current;
      before?.end();
      logs.set(name, { current: createLogBuffer(), previous: before });
    },
    log: (name) => logs.get(name),
    endLogs() {
      for (const { name, state } of runtime.containers) {
        if (state.kind !== "running") logs.get(name)?.current.end();
      }
    },
    renewAt: () => renewAt,
    killAll() {
      for (const each of processes.values()) each.signal("SIGKILL");
      for (const { current } of logs.values()) current.end();
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function isProgram(container: Container): boolean {
  return lastSegment(container.image ?? "").split(":")[0] === "operarius";
}

function decoded(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}
