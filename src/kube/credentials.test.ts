import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createKube } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { CredentialsError, loadCredentials } from "./credentials.ts";
import { TransportError } from "./errors.ts";
import { inClusterCredentials } from "./in-cluster.ts";
import type { TestAuthority } from "./testing/certificates.ts";
import { createTestAuthority } from "./testing/certificates.ts";
import type { FaultServer } from "./testing/fault-server.ts";
import { failure, json, startFaultServer } from "./testing/fault-server.ts";

const secret = "s3cr3t-token";
let authority: TestAuthority;
let directory: string;
let server: FaultServer | undefined;

beforeAll(async () => {
  authority = await createTestAuthority();
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kube-credentials-"));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

async function write(name: string, content: string | object): Promise<string> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o700 });
  return path;
}

interface Parts {
  server?: string;
  cluster?: object;
  user?: object;
  context?: object;
  current?: string;
  name?: string;
}

/** A kubeconfig with one context; JSON is YAML. */
function kubeconfig(parts: Parts = {}): object {
  const name = parts.name ?? "main";
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": parts.current ?? name,
    clusters: [{ name, cluster: { server: parts.server ?? "https://10.0.0.1:6443/", ...parts.cluster } }],
    users: [{ name, user: parts.user ?? { token: secret } }],
    contexts: [{ name, context: { cluster: name, user: name, ...parts.context } }],
  };
}

async function mount(files: { token?: string; ca?: string; namespace?: string }): Promise<string> {
  if (files.token !== undefined) await write("sa/token", files.token);
  if (files.ca !== undefined) await write("sa/ca.crt", files.ca);
  if (files.namespace !== undefined) await write("sa/namespace", files.namespace);
  return join(directory, "sa");
}

const inPod = (port = 443) => ({ KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(port) });

/** GET /version with these credentials. */
async function ask(credentials: Credentials): Promise<unknown> {
  const kube = createKube(credentials, { userAgent: "test" });
  try {
    return await kube.raw("/version");
  } finally {
    kube.close();
  }
}

async function serveTls(options: { requestCert?: boolean; name?: { dns: string } } = {}): Promise<FaultServer> {
  const issued = await authority.issue(options.name ?? { ip: "127.0.0.1" });
  const requested = options.requestCert ? { requestCert: true, rejectUnauthorized: true } : {};
  server = await startFaultServer(json({ major: "1" }), { ...issued, ca: authority.ca, ...requested });
  return server;
}

describe("which configuration is used", () => {
  it("follows its order: flag, variable, pod, home", async () => {
    const flag = await write("flag", kubeconfig({ server: "https://flag:1" }));
    const variable = await write("variable", kubeconfig({ server: "https://variable:1" }));
    await write("home/.kube/config", kubeconfig({ server: "https://home:1" }));
    const HOME = join(directory, "home");
    const OPERARIUS_SERVICEACCOUNT_DIR = await mount({ token: secret, ca: authority.ca });
    const everything = { KUBECONFIG: variable, HOME, OPERARIUS_SERVICEACCOUNT_DIR, ...inPod() };
    const cases = [
      { options: { kubeconfig: flag, env: everything }, want: "https://flag:1" },
      { options: { env: everything }, want: "https://variable:1" },
      { options: { env: { ...everything, KUBECONFIG: "" } }, want: "https://127.0.0.1:443" },
      { options: { env: { ...everything, KUBECONFIG: "" }, context: "main" }, want: "https://home:1" },
      { options: { env: { HOME } }, want: "https://home:1" },
      {
        options: { env: { ...inPod(), HOME }, serviceAccountDirectory: join(directory, "empty") },
        want: "https://home:1",
      },
    ];
    for (const { options, want } of cases) expect((await loadCredentials(options)).server).toBe(want);
  });

  it("takes the first definition of a name from a list of files, and passes over missing ones", async () => {
    const one = await write("one", kubeconfig({ name: "a", server: "https://one:1" }));
    const two = await write("two", kubeconfig({ name: "a", server: "https://two:1" }));
    const three = await write("three", kubeconfig({ name: "c", server: "https://three:1" }));
    const env = { KUBECONFIG: [join(directory, "missing"), one, two, three].join(":") };
    expect((await loadCredentials({ env })).server).toBe("https://one:1");
    expect((await loadCredentials({ env, context: "c" })).server).toBe("https://three:1");
  });

  it("knows the namespace", async () => {
    const file = await write("config", kubeconfig({ context: { namespace: "team-a" } }));
    expect((await loadCredentials({ kubeconfig: file, env: {} })).namespace).toBe("team-a");
    const serviceAccountDirectory = await mount({ token: "t", ca: "c", namespace: "openfero\n" });
    expect((await loadCredentials({ env: inPod(), serviceAccountDirectory })).namespace).toBe("openfero");
  });

  it("brackets an IPv6 address", async () => {
    const serviceAccountDirectory = await mount({ token: "t", ca: "c" });
    const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    expect((await loadCredentials({ env, serviceAccountDirectory })).server).toBe("https://[fd00::1]:443");
  });
});

describe("configurations that cannot be used", () => {
  const cases: { name: string; content?: string | object; context?: string; message: RegExp }[] = [
    { name: "missing", message: /cannot read the kubeconfig .*config: it does not exist\. Give another file/ },
    { name: "not YAML", content: `a: b: ${secret}\n- x`, message: /config is not valid YAML, line 1 \(/ },
    { name: "a text", content: secret, message: /is not a kubeconfig: it has no clusters/ },
    { name: "a list", content: "[1]", message: /is not a kubeconfig/ },
    { name: "empty", content: "", message: /is not a kubeconfig/ },
    { name: "another object", content: { kind: "Pod" }, message: /is not a kubeconfig/ },
    {
      name: "an entry without a name",
      content: { users: [{ user: { token: secret } }] },
      message: /users\[0\]\.name is missing/,
    },
    {
      name: "unknown context",
      content: kubeconfig(),
      context: "other",
      message: /no context "other" \(it knows main\)\. Choose another with --context/,
    },
    {
      name: "no current-context",
      content: { ...kubeconfig(), "current-context": "" },
      message: /no current-context \(it knows main\)/,
    },
    { name: "no contexts", content: { clusters: [] }, message: /no current-context \(it defines no context\)/ },
    {
      name: "missing cluster",
      content: { ...kubeconfig(), clusters: [] },
      message: /refers to the cluster "main", which is missing/,
    },
    {
      name: "missing user",
      content: { ...kubeconfig(), users: [] },
      message: /refers to the user "main", which is missing/,
    },
    {
      name: "a server that is no URL",
      content: kubeconfig({ server: "10.0.0.1:6443" }),
      message: /not an http\(s\) URL/,
    },
    {
      name: "a missing token file",
      content: kubeconfig({ user: { tokenFile: "tok" } }),
      message: /cannot read the tokenFile .*\/tok named in/,
    },
    {
      name: "as-groups",
      content: kubeconfig({ user: { as: "a", "as-groups": ["b"] } }),
      message: /as-groups.* not supported/,
    },
  ];
  it.each(cases)("$name", async ({ content, context, message }) => {
    const file = content === undefined ? join(directory, "config") : await write("config", content);
    const loading = loadCredentials({ kubeconfig: file, env: {}, ...(context === undefined ? {} : { context }) });
    const error = await loading.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CredentialsError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(file);
    expect(String((error as Error).message)).not.toContain(secret);
  });

  it("none at all", async () => {
    await expect(loadCredentials({ env: { HOME: directory } })).rejects.toThrow(
      `no Kubernetes configuration found: KUBECONFIG is not set, this is not a pod (KUBERNETES_SERVICE_HOST is not set), and ${directory}/.kube/config does not exist. Give a file with --kubeconfig.`,
    );
    await expect(loadCredentials({ env: {} })).rejects.toThrow(/HOME is not set/);
    await expect(loadCredentials({ kubeconfig: "", env: {} })).rejects.toThrow(/name of the kubeconfig file is empty/);
    await expect(loadCredentials({ env: { KUBECONFIG: "::" } })).rejects.toThrow(
      /name of the kubeconfig file is empty/,
    );
  });

  it.each([
    {
      name: "without a token",
      files: { ca: "c" },
      message: /cannot read .*\/sa\/token: it does not exist.*automountServiceAccountToken/,
    },
    { name: "without a CA", files: { token: "t" }, message: /cannot read .*\/sa\/ca\.crt: it does not exist/ },
    { name: "with an empty token", files: { token: "\n", ca: "c" }, message: /\/sa\/token is empty/ },
  ])("a pod $name", async ({ files, message }) => {
    const serviceAccountDirectory = await mount(files);
    const loading = loadCredentials({ env: inPod(), serviceAccountDirectory });
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(CredentialsError);
  });

  it("a directory, or a file without permission", async () => {
    await expect(loadCredentials({ kubeconfig: directory, env: {} })).rejects.toThrow(/it is a directory/);
  });
});

describe("in a pod", () => {
  it("talks TLS with the mounted CA and sends the token", async () => {
    const { port, requests } = await serveTls();
    const serviceAccountDirectory = await mount({ token: `${secret}\n`, ca: authority.ca });
    expect(await ask(await loadCredentials({ env: inPod(port), serviceAccountDirectory }))).toEqual({ major: "1" });
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  });

  it("refuses a server of another CA", async () => {
    const { port } = await serveTls();
    const serviceAccountDirectory = await mount({ token: secret, ca: (await createTestAuthority()).ca });
    const asking = ask(await loadCredentials({ env: inPod(port), serviceAccountDirectory }));
    await expect(asking).rejects.toThrow(
      /no secure connection to https:\/\/127\.0\.0\.1:.*Check the certificate authority/,
    );
    await expect(asking).rejects.toBeInstanceOf(TransportError);
  });

  it("reads a rotated token and CA after 60 s, and not at every call", async () => {
    const path = await mount({ token: "one", ca: "ca-1" });
    let now = 0;
    const credentials = await inClusterCredentials({ host: "h", port: "1", directory: path, now: () => now });
    const first = await credentials.authenticate();
    await mount({ token: "two", ca: "ca-1" });
    now = 59_999;
    expect(await credentials.authenticate()).toBe(first);
    now = 60_000;
    const second = await credentials.authenticate();
    expect(second.headers).toEqual({ authorization: "Bearer two" });
    expect(second.tls).toBe(first.tls);
    await mount({ ca: "ca-2" });
    now = 120_000;
    expect((await credentials.authenticate()).tls).toEqual({ ca: "ca-2" });
  });

  it("reads the token again at once after a 401", async () => {
    const issued = await authority.issue({ ip: "127.0.0.1" });
    server = await startFaultServer([json({}), failure(401, "Unauthorized"), json({ major: "2" })], issued);
    const serviceAccountDirectory = await mount({ token: "one", ca: authority.ca });
    const credentials = await loadCredentials({ env: inPod(server.port), serviceAccountDirectory });
    await ask(credentials);
    await mount({ token: "two" });
    expect(await ask(credentials)).toEqual({ major: "2" });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer one",
      "Bearer one",
      "Bearer two",
    ]);
  });

  it("names the file when the mount has become unreadable", async () => {
    const path = await mount({ token: "one", ca: "ca" });
    const credentials = await inClusterCredentials({ host: "127.0.0.1", port: "1", directory: path });
    await rm(join(path, "token"));
    expect((await credentials.authenticate()).headers).toEqual({ authorization: "Bearer one" });
    credentials.forget();
    const asking = ask(credentials);
    await expect(asking).rejects.toBeInstanceOf(TransportError);
    await expect(asking).rejects.toThrow(/cannot read .*token/);
  });
});

describe("with a kubeconfig", () => {
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  async function load(parts: Parts): Promise<Credentials> {
    return loadCredentials({ kubeconfig: await write("config", kubeconfig(parts)), env: {} });
  }
  const withCa = (): object => ({ "certificate-authority-data": encode(authority.ca) });

  it.each<[string, object, string | undefined]>([
    ["a token", { token: secret }, `Bearer ${secret}`],
    ["a token file beside it, which wins over a token", { token: "old", tokenFile: "tokens/mine" }, "Bearer from-file"],
    ["a user name and password", { username: "me", password: "pw" }, `Basic ${encode("me:pw")}`],
    ["nothing", {}, undefined],
  ])("sends %s", async (_, user, want) => {
    const { url, requests } = await serveTls();
    await write("tokens/mine", "from-file\n");
    await ask(await load({ server: url, cluster: withCa(), user }));
    expect(requests[0]?.headers.authorization).toBe(want);
  });

  it("presents a client certificate on one connection", async () => {
    const mutual = await serveTls({ requestCert: true });
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
    const { url } = await serveTls();
    await write("pki/ca.crt", authority.ca);
    await ask(await load({ server: url, cluster: { "certificate-authority": "pki/ca.crt" } }));
    const broken = ask(await load({ server: url, cluster: { "certificate-authority": "pki/none.crt" } }));
    await expect(broken).rejects.toThrow(/cannot use .*pki\/none\.crt: it does not exist/);
  });

  it("checks the server's certificate against tls-server-name, or not at all when told so", async () => {
    const { url } = await serveTls({ name: { dns: "kubernetes.default" } });
    await expect(ask(await load({ server: url, cluster: withCa() }))).rejects.toThrow(/no secure connection/);
    await ask(await load({ server: url, cluster: { ...withCa(), "tls-server-name": "kubernetes.default" } }));
    await ask(await load({ server: url, cluster: { "insecure-skip-tls-verify": true } }));
  });

  it("trusts the cluster's CA without any user, and talks plain HTTP to a local proxy", async () => {
    const { url } = await serveTls();
    const anonymous = { ...kubeconfig({ server: url, cluster: withCa() }), users: [] };
    const file = await write("config", { ...anonymous, contexts: [{ name: "main", context: { cluster: "main" } }] });
    await ask(await loadCredentials({ kubeconfig: file, env: {} }));
    const plain = await startFaultServer(json({ major: "1" }));
    expect(await ask(await load({ server: plain.url }))).toEqual({ major: "1" });
    await plain.close();
  });

  it("goes through the proxy of the cluster", async () => {
    const { url } = await serveTls();
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

  it("runs an exec plugin, once for several calls, and again after a 401", async () => {
    const issued = await authority.issue({ ip: "127.0.0.1" });
    server = await startFaultServer([json({}), json({}), failure(401, "Unauthorized"), json({})], issued);
    const counter = join(directory, "count");
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
