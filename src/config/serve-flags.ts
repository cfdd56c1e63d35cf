/** The flags of `operarius serve`, each with the variable that stands in for it. OpenFero's names are kept. */
import { TOLD } from "./notify-config.ts";

export interface Flag {
  name: string;
  variable: string;
  placeholder: string;
  description: string;
  fallback?: string;
}

const flag = (name: string, placeholder: string, description: string, fallback?: string): Flag => ({
  name,
  // operariusNamespace is OPERARIUS_NAMESPACE, as in the Jobs.
  variable: `OPERARIUS_${name
    .replace(/^operarius/, "")
    .replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .toUpperCase()}`,
  placeholder,
  description,
  ...(fallback === undefined ? {} : { fallback }),
});

export const SERVE_FLAGS = [
  flag("addr", "[host]:port", "where to listen", ":8080"),
  flag("logLevel", "level", "debug, info, warn or error", "info"),
  flag("kubeconfig", "file", "kubeconfig file; default: KUBECONFIG, the pod's ServiceAccount, ~/.kube/config"),
  flag("context", "name", "context of the kubeconfig"),
  flag("readTimeout", "duration", "how long a request may take to arrive", "5s"),
  flag("writeTimeout", "duration", "how long a delivery may take to be recorded", "10s"),
  flag("authMethod", "method", "none, basic or bearer; reads are authenticated too", "none"),
  flag("authBasicUser", "name", "user for basic"),
  flag("authBasicPass", "password", "password for basic; better in a variable or a file"),
  flag("authBasicPassFile", "file", "file with the passwords for basic, one a line; read again when it changes"),
  flag("authBearerToken", "token", "token for bearer; better in a variable or a file"),
  flag("authBearerTokenFile", "file", "file with the tokens for bearer, one a line; read again when it changes"),
  flag("tlsCertFile", "file", "certificate chain (PEM): serve HTTPS, read again when it changes"),
  flag("tlsKeyFile", "file", "private key (PEM) of the certificate"),
  flag("maxBodyBytes", "quantity", "largest delivery that is read; larger ones are answered with 413", "4Mi"),
  flag("maxConcurrentDeliveries", "count", "deliveries at once; more are asked to come back (503)", "64"),
  flag("drain", "duration", "how long to go on serving after SIGTERM, not ready; default 5s, with --pace fast 0"),
  flag("operariusNamespace", "namespace", "where Operarii, Remediations and Jobs live", "openfero"),
  flag("clusterName", "name", "this cluster's name: alerts whose cluster label differs are not acted upon", ""),
  flag("mode", "mode", "observe (no Jobs), approve (a person for every write) or auto", "auto"),
  flag("namespaceSelector", "selector", "labels of the namespaces whose targets are dealt with; all when empty", ""),
  flag("maxRunning", "count", "attempts that run at once; default 20"),
  flag("maxRunningPerNamespace", "count", "the same per namespace of the targets; default 10"),
  flag("maxRunningPerOperarius", "count", "the same per Operarius; default 10"),
  flag("coolDown", "duration", "after an attempt on a target, before another episode may begin; default 5m"),
  flag("stormTargets", "count", "so many new targets within 5 min are no storm yet; default 3, or 10 % of DaemonSets"),
  flag("notifyWebhookURL", "url", "post CloudEvents there about what a person should know"),
  flag("notifyWebhookSecretFile", "file", "file that holds the secret that signs them"),
  flag(
    "notifySlackURLFile",
    "file",
    "file that holds the URL of a Slack incoming webhook; or OPERARIUS_NOTIFY_SLACK_URL",
  ),
  flag("notifyOn", "events", `which events are told, separated by commas, or all; default ${TOLD.join(",")}`),
  flag("pace", "pace", "normal or fast; fast is for demos and tests only", "normal"),
] as const;
