import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createKube } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { loadCredentials } from "./credentials.ts";
import { TransportError } from "./errors.ts";
import type { TestAuthority } from "./testing/certificates.ts";
import { createTestAuthority } from "./testing/certificates.ts";
import type { Files, KubeconfigParts } from "./testing/credential-files.ts";
import { ask, kubeconfig, makeFiles, secret, serveTls } from "./testing/credential-files.ts";
import { failure, json, startFaultServer } from "./testing/fault-server.ts";

let files: Files;
let authority: TestAuthority;
beforeAll(async () => {
  authority = await createTestAuthority();
});
beforeEach(async () => {
  files = await makeFiles();
});

describe("with a kubeconfig", () => {
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  async function load(parts: KubeconfigParts): Promise<Credentials> {
    return loadCredentials({ kubeconfig: await files.write("config", kubeconfig(parts)), env: {} });
  }
  const withCa = (): object => ({ "certificate-authority-data": encode(authority.ca) });

  it.each<[string, object, string | undefined]>([
    ["a token", { token: secret }, `Bearer ${secret}`],
    ["a token file beside it, which wins over a token", { token: "old", tokenFile: "tokens/mine" }, "Bearer from-file"],
    ["a user name and password", { username: "me", password: "pw" }, `Basic ${encode("me:pw")}`],
    ["nothing", {}, undefined],
  ])("sends %s", async (_, user, want) => {
    const { url, requests } = await serveTls(authority);
    await files.write("tokens/mine", "from-file\n");
    await ask(await load({ server: url, cluster: withCa(), user }));
    expect(requests[0]?.headers.authorization).toBe(want);
  });

  it("presents a client certificate on one connection", async () => {
    const mutual = await serveTls(authority, { requestCert: true });
    const { url } = mutual;
    const { cert, key } = await authority.issue({ dns: "me" });
    const user = { "client-certificate-data": encode(cert), "client-key-data": encode(key) };
    const credentials = await load({ server: url, cluster: withCa(), user });
    const kube = createKube(credentials, { userAgent: "test" });
    for (let count = 0; count < 3; count += 1) await kube.raw("/version");
    kube.close();
    expect(mutual.accepted()).toBe(1);
    await expect(ask(await load({ server: url, cluster: withCa() }))).rejects.toBeInstanceOf(TransportError);
  });

  it("reads files relative to the kubeconfig, and names one that is missing", async () => {
    const { url } = await serveTls(authority);
    await files.write("pki/ca.crt", authority.ca);
    await ask(await load({ server: url, cluster: { "certificate-authority": "pki/ca.crt" } }));
    const broken = ask(await load({ server: url, cluster: { "certificate-authority": "pki/none.crt" } }));
    await expect(broken).rejects.toThrow(/cannot use .*pki\/none\.crt: it does not exist/);
  });

  it("checks the server's certificate against tls-server-name, or not at all when told so", async () => {
    const { url } = await serveTls(authority, { name: { dns: "kubernetes.default" } });
    await expect(ask(await load({ server: url, cluster: withCa() }))).rejects.toThrow(/no secure connection/);
    await ask(await load({ server: url, cluster: { ...withCa(), "tls-server-name": "kubernetes.default" } }));
    await ask(await load({ server: url, cluster: { "insecure-skip-tls-verify": true } }));
  });

  it("trusts the cluster's CA without any user, and talks plain HTTP to a local proxy", async () => {
    const { url } = await serveTls(authority);
    const anonymous = { ...kubeconfig({ server: url, cluster: withCa() }), users: [] };
    const file = await files.write("config", {
      ...anonymous,
      contexts: [{ name: "main", context: { cluster: "main" } }],
    });
    await ask(await loadCredentials({ kubeconfig: file, env: {} }));
    const plain = await startFaultServer([json({ major: "1" }), failure(401, "Unauthorized"), json({ major: "1" })]);
    const credentials = await load({ server: plain.url });
    expect(await ask(credentials)).toEqual({ major: "1" });
    expect(await ask(credentials)).toEqual({ major: "1" });
    await plain.close();
  });

  it("goes through the proxy of the cluster", async () => {
    const { url } = await serveTls(authority);
    const tunnels: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, client: Socket) => {
      tunnels.push(request.url);
      const upstream = connect(Number(new URL(url).port), "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    expect(await ask(await load({ server: url, cluster: { ...withCa(), "proxy-url": address } }))).toEqual({
      major: "1",
    });
    expect(tunnels).toEqual([new URL(url).host]);
    proxy.close();
    proxy.closeAllConnections();
  });

  it("never sends the token of a context that has moved to another server", async () => {
    const first = await serveTls(authority, { behaviours: [failure(401, "Unauthorized")] });
    const credentials = await load({ server: first.url, cluster: withCa() });
    await files.write("config", kubeconfig({ server: "https://elsewhere:1", user: { token: "other" } }));
    await expect(ask(credentials)).rejects.toThrow(
      /config now names another server, https:\/\/elsewhere:1\. Start again/,
    );
    expect(first.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${secret}`]);
  });

  it("runs an exec plugin, once for several calls, and again after a 401", async () => {
    const behaviours = [json({}), json({}), failure(401, "Unauthorized"), json({})];
    const server = await serveTls(authority, { behaviours });
    const counter = join(files.directory, "count");
    const script = `const fs=require("fs");fs.appendFileSync(${JSON.stringify(counter)},"x");const n=fs.readFileSync(${JSON.stringify(counter)}).length;console.log(JSON.stringify({apiVersion:"client.authentication.k8s.io/v1",kind:"ExecCredential",status:{token:"exec-"+n,expirationTimestamp:"2099-01-01T00:00:00Z"}}))`;
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: ["-e", script] };
    const credentials = await load({ server: server.url, cluster: withCa(), user: { exec } });
    for (let count = 0; count < 2; count += 1) await ask(credentials);
    const { tls } = await credentials.authenticate();
    await ask(credentials);
    // The same certificates keep their identity, so that connections are kept too.
    expect((await credentials.authenticate()).tls).toBe(tls);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer exec-1",
      "Bearer exec-1",
      "Bearer exec-1",
      "Bearer exec-2",
    ]);
  });

  it.each([
    {
      name: "fails",
      script: 'console.error("log in first"); process.exit(1)',
      message: /cannot authenticate: log in first/,
    },
    { name: "prints no JSON", script: `console.log("${secret}")`, message: /exec plugin did not print valid JSON/ },
  ])("an exec plugin that $name is reported without its output", async ({ script, message }) => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: ["-e", script] };
    const error = await ask(await load({ user: { exec } })).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransportError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain(secret);
  });

  it("an exec plugin that does not exist is named", async () => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "/no/such/plugin" };
    await expect(ask(await load({ user: { exec } }))).rejects.toThrow(
      /cannot use \/no\/such\/plugin: it does not exist/,
    );
  });
});
