import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CredentialsError, loadCredentials } from "./credentials.ts";
import type { TestAuthority } from "./testing/certificates.ts";
import { createTestAuthority } from "./testing/certificates.ts";
import type { Files } from "./testing/credential-files.ts";
import { inPod, kubeconfig, makeFiles, secret } from "./testing/credential-files.ts";

let files: Files;
let authority: TestAuthority;
beforeAll(async () => {
  authority = await createTestAuthority();
});
beforeEach(async () => {
  files = await makeFiles();
});

describe("which configuration is used", () => {
  it("follows its order: flag, variable, pod, home", async () => {
    const flag = await files.write("flag", kubeconfig({ server: "https://flag:1" }));
    const variable = await files.write("variable", kubeconfig({ server: "https://variable:1" }));
    await files.write("home/.kube/config", kubeconfig({ server: "https://home:1" }));
    const HOME = join(files.directory, "home");
    const OPERARIUS_SERVICEACCOUNT_DIR = await files.mount({ token: secret, ca: authority.ca });
    const everything = { KUBECONFIG: variable, HOME, OPERARIUS_SERVICEACCOUNT_DIR, ...inPod() };
    const cases = [
      { options: { kubeconfig: flag, env: everything }, want: "https://flag:1" },
      { options: { env: everything }, want: "https://variable:1" },
      { options: { env: { ...everything, KUBECONFIG: "" } }, want: "https://127.0.0.1:443" },
      { options: { env: { ...everything, KUBECONFIG: "" }, context: "main" }, want: "https://home:1" },
      { options: { env: { HOME } }, want: "https://home:1" },
      {
        options: { env: { ...inPod(), HOME }, serviceAccountDirectory: join(files.directory, "empty") },
        want: "https://home:1",
      },
    ];
    for (const { options, want } of cases) expect((await loadCredentials(options)).server).toBe(want);
  });

  it("takes the first definition of a name from a list of files, and passes over missing ones", async () => {
    const one = await files.write("one", kubeconfig({ name: "a", server: "https://one:1" }));
    const two = await files.write("two", kubeconfig({ name: "a", server: "https://two:1" }));
    const three = await files.write("three", kubeconfig({ name: "c", server: "https://three:1" }));
    const env = { KUBECONFIG: [join(files.directory, "missing"), one, two, three].join(":") };
    expect((await loadCredentials({ env })).server).toBe("https://one:1");
    expect((await loadCredentials({ env, context: "c" })).server).toBe("https://three:1");
  });

  it("knows the namespace", async () => {
    const file = await files.write("config", kubeconfig({ context: { namespace: "team-a" } }));
    expect((await loadCredentials({ kubeconfig: file, env: {} })).namespace).toBe("team-a");
    const serviceAccountDirectory = await files.mount({ token: "t", ca: "c", namespace: "openfero\n" });
    expect((await loadCredentials({ env: inPod(), serviceAccountDirectory })).namespace).toBe("openfero");
  });

  it("brackets an IPv6 address", async () => {
    const serviceAccountDirectory = await files.mount({ token: "t", ca: "c" });
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
    const file = content === undefined ? join(files.directory, "config") : await files.write("config", content);
    const loading = loadCredentials({ kubeconfig: file, env: {}, ...(context === undefined ? {} : { context }) });
    const error = await loading.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CredentialsError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(file);
    expect(String((error as Error).message)).not.toContain(secret);
  });

  it("none at all", async () => {
    await expect(loadCredentials({ env: { HOME: files.directory } })).rejects.toThrow(
      `no Kubernetes configuration found: KUBECONFIG is not set, this is not a pod (KUBERNETES_SERVICE_HOST is not set), and ${files.directory}/.kube/config does not exist. Give a file with --kubeconfig.`,
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
      mounted: { ca: "c" },
      message: /cannot read .*\/sa\/token: it does not exist.*automountServiceAccountToken/,
    },
    { name: "without a CA", mounted: { token: "t" }, message: /cannot read .*\/sa\/ca\.crt: it does not exist/ },
    { name: "with an empty token", mounted: { token: "\n", ca: "c" }, message: /\/sa\/token is empty/ },
  ])("a pod $name", async ({ mounted, message }) => {
    const serviceAccountDirectory = await files.mount(mounted);
    const loading = loadCredentials({ env: inPod(), serviceAccountDirectory });
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(CredentialsError);
  });

  it("a directory", async () => {
    await expect(loadCredentials({ kubeconfig: files.directory, env: {} })).rejects.toThrow(/it is a directory/);
  });
});
