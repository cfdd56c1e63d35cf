/** kube-state-metrics, Prometheus and Alertmanager as processes of this machine, on ports that the system picks. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../../scripts/cluster/ports.ts";
import type { OwnProcess } from "../../../scripts/cluster/processes.ts";
import { isAlive, launch, tailOf } from "../../../scripts/cluster/processes.ts";
import type { GoProgram } from "../../support/tools/go-program.ts";
import { until } from "../../support/until.ts";
import type { Servers, Tool } from "../tools/servers.ts";
import type { Webhook } from "./config.ts";
import { alertmanagerConfig, prometheusConfig } from "./config.ts";

export interface MonitoringOptions {
  servers: Servers;
  exporter: GoProgram;
  /** Of the identity of kube-state-metrics. */
  kubeconfig: string;
  /** Existing folder; what is written goes below it. */
  directory: string;
  /** Told every process that was started. */
  note: (started: OwnProcess) => void;
  signal: AbortSignal;
}

export interface Pipeline {
  /** The rule file's text. */
  rules: string;
  honorLabels: boolean;
  externalLabels: Readonly<Record<string, string>>;
  webhook: Webhook;
}

/** An alert as Prometheus has it. */
export interface PrometheusAlert {
  labels: Record<string, string>;
  state: "pending" | "firing";
  activeAt: string;
}

export interface Monitoring {
  /** Hands Prometheus its rules and Alertmanager its receiver; resolves when both use them. */
  use(pipeline: Pipeline): Promise<void>;
  alerts(): Promise<PrometheusAlert[]>;
  /** Value of an instant query's only series; undefined without one. */
  query(expression: string): Promise<number | undefined>;
  /** Webhook requests of Alertmanager that were not accepted so far; each is tried again. */
  failedRequests(): Promise<number>;
}

/** Resolves when all three answer. Errors: with the end of the log of the one that does not. */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const directory = join(options.directory, "monitoring");
  mkdirSync(directory, { recursive: true });
  const files = {
    prometheus: join(directory, "prometheus.yml"),
    alertmanager: join(directory, "alertmanager.yml"),
    rules: join(directory, "rules.yml"),
  };
  const start = starter(options, directory);
  const exporter = await startExporter(start, options);
  writeFileSync(files.alertmanager, alertmanagerConfig({ url: "http://127.0.0.1:9/alerts", auth: { method: "none" } }));
  const alertmanager = await listening(start, "alertmanager", options.servers.alertmanager, [
    `--config.file=${files.alertmanager}`,
    `--storage.path=${join(directory, "alertmanager")}`,
    "--web.listen-address=127.0.0.1:0",
    // Alone: no gossip, no further port.
    "--cluster.listen-address=",
  ]);
  const configure = (pipeline: Omit<Pipeline, "webhook">): void => {
    writeFileSync(files.rules, pipeline.rules);
    writeFileSync(files.prometheus, prometheusConfig({ exporter, alertmanager, ruleFile: files.rules, ...pipeline }));
  };
  configure({ rules: "groups: []\n", honorLabels: true, externalLabels: {} });
  const prometheus = await listening(start, "prometheus", options.servers.prometheus, [
    `--config.file=${files.prometheus}`,
    `--storage.tsdb.path=${join(directory, "prometheus")}`,
    "--web.listen-address=127.0.0.1:0",
    "--web.enable-lifecycle",
  ]);
  await until("Prometheus to be ready", () => answersOk(`http://${prometheus}/-/ready`));
  return {
    async use({ webhook, ...pipeline }) {
      configure(pipeline);
      writeFileSync(files.alertmanager, alertmanagerConfig(webhook));
      await reload(`http://${alertmanager}`);
      await reload(`http://${prometheus}`);
    },
    async alerts() {
      const { data } = (await getJson(`http://${prometheus}/api/v1/alerts`)) as { data: { alerts: PrometheusAlert[] } };
      return data.alerts;
    },
    query: (expression) => query(prometheus, expression),
    failedRequests: () => failedRequests(alertmanager),
  };
}

type Start = (name: string, tool: Tool, args: readonly string[]) => Promise<OwnProcess>;

function starter({ note, signal }: MonitoringOptions, directory: string): Start {
  return async (name, { file, before }, args) => {
    signal.throwIfAborted();
    const logFile = join(directory, `${name}.log`);
    const started = await launch({ name, file, args: [...before, ...args], env: {}, logFile });
    note(started);
    return started;
  };
}

async function startExporter(start: Start, { exporter, kubeconfig }: MonitoringOptions): Promise<string> {
  const port = await freePort(undefined);
  const ownMetrics = await freePort(undefined);
  const started = await start("kube-state-metrics", { file: exporter.file, before: [] }, [
    `--kubeconfig=${kubeconfig}`,
    "--resources=daemonsets,nodes,pods",
    "--host=127.0.0.1",
    `--port=${port}`,
    "--telemetry-host=127.0.0.1",
    `--telemetry-port=${ownMetrics}`,
  ]);
  await until("kube-state-metrics to answer", () => {
    mustLive(started);
    return answersOk(`http://127.0.0.1:${port}/healthz`);
  });
  return `127.0.0.1:${port}`;
}

/** Starts one that says on which address it listens; resolves with that. */
async function listening(start: Start, name: string, tool: Tool, args: readonly string[]): Promise<string> {
  const started = await start(name, tool, args);
  return until(`${name} to listen`, () => {
    mustLive(started);
    return /msg="Listening on" address=(\S+)/.exec(readFileSync(started.logFile, "utf8"))?.[1];
  });
}

function mustLive(started: OwnProcess): void {
  if (isAlive(started)) return;
  throw new Error(`${started.name} ended by itself. The end of its log:\n${tailOf(started.logFile, 8)}`);
}

async function answersOk(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

async function reload(server: string): Promise<void> {
  const answer = await fetch(`${server}/-/reload`, { method: "POST" });
  if (!answer.ok) throw new Error(`${server}/-/reload: ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
}

async function getJson(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function query(prometheus: string, expression: string): Promise<number | undefined> {
  const url = `http://${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const { data } = (await getJson(url)) as { data: { result: { value: [number, string] }[] } };
  const [first] = data.result;
  return first === undefined ? undefined : Number(first.value[1]);
}

async function failedRequests(alertmanager: string): Promise<number> {
  const text = await (await fetch(`http://${alertmanager}/metrics`)).text();
  const metric = /^alertmanager_notification_requests_failed_total\{integration="webhook"\S*\} (\S+)$/m;
  const value = metric.exec(text)?.[1];
  if (value === undefined) throw new Error("this Alertmanager does not count failed requests to webhooks");
  return Number(value);
}
