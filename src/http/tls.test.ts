import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../test/support/control-fixture.ts";
import { createTestAuthority } from "../kube/testing/certificates.ts";
import type { RunningServer } from "./server.ts";
import { listen } from "./server.ts";
import { followTls, loadTlsPair } from "./tls.ts";

let folder = "";
const ends: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "operarius-tls-"));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(folder, { recursive: true, force: true });
});

const files = () => ({ certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") });
function write({ cert, key }: { cert?: string; key?: string }): void {
  if (cert !== undefined) writeFileSync(files().certFile, cert);
  if (key !== undefined) writeFileSync(files().keyFile, key);
}

async function start() {
  const authority = await createTestAuthority();
  const issue = () => authority.issue({ ip: "127.0.0.1" });
  const first = await issue();
  write(first);
  const app = new Hono().get("/", (context) => context.text("ok"));
  const address = { host: "127.0.0.1", port: 0 };
  const server = await listen(app, {
    address,
    readTimeoutMs: 5000,
    writeTimeoutMs: 5000,
    tls: await loadTlsPair(files()),
  });
  ends.push(() => server.close(100));
  return { authority, issue, first, server };
}

/** The text of the answer, and the serial number of the certificate it came with. */
function fetchWith(ca: string, { port }: RunningServer): Promise<{ text: string; serial: string }> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, ca, agent: false, path: "/" }, (response) => {
      const { serialNumber } = (response.socket as import("node:tls").TLSSocket).getPeerCertificate();
      let text = "";
      response.on("data", (chunk) => {
        text += String(chunk);
      });
      response.on("end", () => resolve({ text, serial: serialNumber }));
    });
    request.on("error", reject);
  });
}

describe("TLS", () => {
  it("serves the pair of the files, and nothing below TLS 1.2", async () => {
    const { authority, server } = await start();
    expect((await fetchWith(authority.ca, server)).text).toBe("ok");
    const old = new Promise((resolve) => {
      const options = { host: "127.0.0.1", port: server.port, ca: authority.ca, ciphers: "DEFAULT@SECLEVEL=0" };
      const socket = connect({ ...options, minVersion: "TLSv1", maxVersion: "TLSv1.1" }, () => resolve("connected"));
      socket.on("error", () => resolve("refused"));
    });
    expect(await old).toBe("refused");
  });

  it("takes a new pair without a restart, keeps the old one while the new one is bad, and says so once", async () => {
    const { authority, issue, first, server } = await start();
    const trouble: string[] = [];
    const stopping = new AbortController();
    ends.push(() => stopping.abort());
    let looks = 0;
    followTls({
      files: files(),
      first,
      signal: stopping.signal,
      onPair: (pair) => {
        looks += 1;
        server.renew(pair);
      },
      onTrouble: (error) => trouble.push(String(error)),
      everyMs: 5,
    });
    const { serial } = await fetchWith(authority.ca, server);
    const second = await issue();
    // One file at a time: the certificate alone does not fit the key that is still there.
    write({ cert: second.cert });
    await until(() => trouble.length === 1, "the half pair is noticed");
    expect((await fetchWith(authority.ca, server)).serial).toBe(serial);
    write({ key: second.key });
    await until(() => looks === 1, "the whole pair is taken");
    const renewed = await fetchWith(authority.ca, server);
    expect(renewed.text).toBe("ok");
    expect(renewed.serial).not.toBe(serial);
    expect(trouble).toHaveLength(1);
    expect(trouble.join()).toContain("tls.crt");
    expect(trouble.join()).not.toContain("PRIVATE");
  });
});

describe("loadTlsPair", () => {
  it.each<[string, { cert?: string; key?: string }, RegExp]>([
    ["no certificate", { key: "x" }, /^Error: certificate .*tls\.crt: it does not exist$/],
    ["no key", { cert: "x" }, /^Error: key .*tls\.key: it does not exist$/],
    ["what is no PEM", { cert: "hunter2", key: "hunter2" }, /tls\.crt and key .*tls\.key cannot be used together: /],
  ])("refuses %s, with the file and without its content", async (_, given, want) => {
    write(given);
    const error = await loadTlsPair(files()).then(() => "", String);
    expect(error).toMatch(want);
    expect(error).not.toContain("hunter2");
  });
});
