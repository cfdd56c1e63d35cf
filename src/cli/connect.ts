/** Connects a command to the cluster it was pointed at, and words what goes wrong with that. */

import { createKube } from "../kube/client.ts";
import { CredentialsError, loadCredentials } from "../kube/credentials.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import type { Kube } from "../kube/types.ts";
import { version } from "../version.ts";
import type { CliContext } from "./context.ts";

export interface ConnectOptions {
  kubeconfig: string | undefined;
  context: string | undefined;
  /** Name of the record that the requests belong to; "" = none. */
  remediation: string;
  /** Milliseconds for one request with its retries; the client's default when absent. */
  timeoutMs?: number;
}

/** Rejects with `CredentialsError` when there is no usable configuration. */
export async function connect(
  { kubeconfig, context, remediation, timeoutMs }: ConnectOptions,
  { env }: CliContext,
): Promise<Kube> {
  const credentials = await loadCredentials({
    env,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  const userAgent = remediation === "" ? `operarius/${version}` : `operarius/${version} rem/${remediation}`;
  return createKube(credentials, {
    userAgent,
    fieldManager: "operarius",
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

export interface Trouble {
  exit: 1 | 2;
  reason: string;
  message: string;
  fix: string;
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.+$/, "");
}

/** What an error of the connection or the API means to a person; undefined = not one of those. */
export function explainApiError(error: unknown, server: string): Trouble | undefined {
  if (error instanceof CredentialsError) {
    return {
      exit: 2,
      reason: "Configuration",
      message: error.message,
      fix: "kubectl config view   # or give --kubeconfig FILE",
    };
  }
  if (error instanceof TransportError) {
    return {
      exit: 1,
      reason: "ApiUnreachable",
      message: `The API server at ${server} does not answer: ${withoutStop(error.message)}.`,
      fix: "kubectl cluster-info",
    };
  }
  if (!(error instanceof StatusError)) return undefined;
  if (error.code === 403) {
    return {
      exit: 2,
      reason: "Forbidden",
      message: `The API server refuses: ${withoutStop(error.message)}.`,
      fix: "kubectl apply -f rbac.yaml   # the rights of the Job; kubectl auth can-i --list shows those of this account",
    };
  }
  if (error.code === 401) {
    return {
      exit: 2,
      reason: "Unauthorized",
      message: `The API server at ${server} does not accept these credentials: ${withoutStop(error.message)}.`,
      fix: "kubectl auth whoami",
    };
  }
  return {
    exit: 1,
    reason: error.reason || "ApiError",
    message: `The API server at ${server} answered ${error.code}: ${withoutStop(error.message)}.`,
    fix: "kubectl get --raw=/readyz?verbose",
  };
}
