/** Our own client for the people in the cases. */
import { createKube } from "../../src/kube/client.ts";
import { loadCredentials } from "../../src/kube/credentials.ts";
import type { Kube } from "../../src/kube/types.ts";
import { adminManager } from "./world.ts";

const userAgent = "operarius-conformance/1";

/** The administrator of a kubeconfig. */
export async function adminOf(kubeconfig: string): Promise<Kube> {
  return createKube(await loadCredentials({ kubeconfig, env: {} }), { userAgent, fieldManager: adminManager });
}

/** Somebody who presents a bearer token. */
export function bearer(server: string, caPem: string, token: string): Kube {
  const authentication = { headers: { Authorization: `Bearer ${token}` }, tls: { ca: caPem } };
  return createKube(
    {
      server,
      source: "a token of the case",
      authenticate: () => Promise.resolve(authentication),
      forget: () => undefined,
    },
    { userAgent, fieldManager: adminManager },
  );
}
