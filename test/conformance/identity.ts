/** The administrator's certificate out of a kubeconfig that holds everything inside. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Identity } from "./world.ts";

interface Kubeconfig {
  clusters: { cluster: { "certificate-authority-data": string } }[];
  users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

/** Errors: when the file has no certificate inside. */
export function identityOf(kubeconfig: string): Identity {
  const { clusters, users } = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  const [cluster] = clusters;
  const [user] = users;
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} has no cluster or no user`);
  if (!cluster.cluster["certificate-authority-data"] || !user.user["client-certificate-data"]) {
    throw new Error(
      `${kubeconfig} has no client certificate inside; the cases speak to the server without a client of ours`,
    );
  }
  const text = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
  return {
    caPem: text(cluster.cluster["certificate-authority-data"]),
    certPem: text(user.user["client-certificate-data"]),
    keyPem: text(user.user["client-key-data"]),
  };
}
