/** The kubeconfig of one user of the sandbox. */
import { stringify } from "yaml";

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** YAML with everything inside: no file beside it is needed. */
export function kubeconfigYaml(parts: {
  url: string;
  user: string;
  caPem: string;
  certPem: string;
  keyPem: string;
}): string {
  const name = "operarius-sandbox";
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server: parts.url, "certificate-authority-data": base64(parts.caPem) } }],
      users: [
        {
          name: parts.user,
          user: { "client-certificate-data": base64(parts.certPem), "client-key-data": base64(parts.keyPem) },
        },
      ],
      contexts: [{ name, context: { cluster: name, user: parts.user, namespace: "default" } }],
      "current-context": name,
    },
    { lineWidth: 0 },
  );
}
