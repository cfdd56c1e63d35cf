import { rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadCredentials } from "./credentials.ts";
import { TransportError } from "./errors.ts";
import { inClusterCredentials } from "./in-cluster.ts";
import type { TestAuthority } from "./testing/certificates.ts";
import { createTestAuthority } from "./testing/certificates.ts";
import type { Files } from "./testing/credential-files.ts";
import { ask, inPod, makeFiles, secret, serveTls } from "./testing/credential-files.ts";
import { failure, json } from "./testing/fault-server.ts";

let files: Files;
let authority: TestAuthority;
beforeAll(async () => {
  authority = await createTestAuthority();
});
beforeEach(async () => {
  files = await makeFiles();
});

describe("in a pod", () => {
  it("talks TLS with the mounted CA and sends the token", async () => {
    const { port, requests } = await serveTls(authority);
    const serviceAccountDirectory = await files.mount({ token: `${secret}\n`, ca: authority.ca });
    expect(await ask(await loadCredentials({ env: inPod(port), serviceAccountDirectory }))).toEqual({ major: "1" });
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  });

  it("refuses a server of another CA", async () => {
    const { port } = await serveTls(authority);
    const serviceAccountDirectory = await files.mount({ token: secret, ca: (await createTestAuthority()).ca });
    const asking = ask(await loadCredentials({ env: inPod(port), serviceAccountDirectory }));
    await expect(asking).rejects.toThrow(
      /no secure connection to https:\/\/127\.0\.0\.1:.*Check the certificate authority/,
    );
    await expect(asking).rejects.toBeInstanceOf(TransportError);
  });

  it("reads a rotated token and CA after 60 s, and not at every call", async () => {
    const path = await files.mount({ token: "one", ca: "ca-1" });
    let now = 0;
    const credentials = await inClusterCredentials({ host: "h", port: "1", directory: path, now: () => now });
    const first = await credentials.authenticate();
    await files.mount({ token: "two", ca: "ca-1" });
    now = 59_999;
    expect(await credentials.authenticate()).toBe(first);
    now = 60_000;
    const second = await credentials.authenticate();
    expect(second.headers).toEqual({ authorization: "Bearer two" });
    expect(second.tls).toBe(first.tls);
    await files.mount({ ca: "ca-2" });
    now = 120_000;
    expect((await credentials.authenticate()).tls).toEqual({ ca: "ca-2" });
  });

  it("reads the token again at once after a 401", async () => {
    const behaviours = [json({}), failure(401, "Unauthorized"), json({ major: "2" })];
    const server = await serveTls(authority, { behaviours });
    const serviceAccountDirectory = await files.mount({ token: "one", ca: authority.ca });
    const credentials = await loadCredentials({ env: inPod(server.port), serviceAccountDirectory });
    await ask(credentials);
    await files.mount({ token: "two" });
    expect(await ask(credentials)).toEqual({ major: "2" });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer one",
      "Bearer one",
      "Bearer two",
    ]);
  });

  it("names the file when the mount has become unreadable", async () => {
    const path = await files.mount({ token: "one", ca: "ca" });
    const credentials = await inClusterCredentials({ host: "127.0.0.1", port: "1", directory: path });
    await rm(join(path, "token"));
    expect((await credentials.authenticate()).headers).toEqual({ authorization: "Bearer one" });
    credentials.forget();
    const asking = ask(credentials);
    await expect(asking).rejects.toBeInstanceOf(TransportError);
    await expect(asking).rejects.toThrow(/cannot read .*token/);
  });
});
