// The demo's own, independent eyes on the cluster: plain HTTPS requests with the kubeconfig's client certificate.
import { Agent, request } from "node:https";
import { parse, parseAllDocuments } from "yaml";

const PATHS = {
  Namespace: "/api/v1/namespaces",
  ServiceAccount: "/api/v1/namespaces/{namespace}/serviceaccounts",
  ClusterRole: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  ClusterRoleBinding: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  Role: "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles",
  RoleBinding: "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings",
  Operarius: "/apis/openfero.io/v1alpha1/namespaces/{namespace}/operariuses",
};

/** A client for the kubeconfig's current user; every method rejects with the server's own words. */
export function openKube(kubeconfig) {
  const { clusters, users } = parse(kubeconfig);
  const { cluster } = clusters[0];
  const { user } = users[0];
  const decode = (data) => (data === undefined ? undefined : Buffer.from(data, "base64"));
  const agent = new Agent({
    keepAlive: true,
    ca: decode(cluster["certificate-authority-data"]),
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
  });
  const token = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };

  function call(method, path, body, type = "application/json") {
    const headers = { ...token, accept: "*/*", "user-agent": "operarius-demo" };
    if (body !== undefined) headers["content-type"] = type;
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, cluster.server), { method, headers, agent, timeout: 10_000 }, (answer) => {
        const chunks = [];
        answer.on("data", (chunk) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (answer.statusCode < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        });
      });
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer within 10 s`)));
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  return {
    get: async (path) => JSON.parse(await call("GET", path)),
    text: (path) => call("GET", path),
    create: (path, object) => call("POST", path, object),
    merge: (path, patch) => call("PATCH", path, patch, "application/merge-patch+json"),
    strategic: (path, patch) => call("PATCH", path, patch, "application/strategic-merge-patch+json"),
    remove: (path) => call("DELETE", path),
    /** Creates each document of a manifest, in its order: the cluster is new, there is nothing to merge with. */
    async createAll(manifest) {
      for (const document of parseAllDocuments(manifest)) {
        const object = document.toJS();
        await call("POST", PATHS[object.kind].replace("{namespace}", object.metadata.namespace), object);
      }
    },
    close: () => agent.destroy(),
  };
}
