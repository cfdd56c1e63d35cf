import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { aRecord, secondsOn } from "../../test/support/record-builders.ts";
import type { Behaviour, FaultServer } from "../kube/testing/fault-server.ts";
import { json, reset, silence, startFaultServer, text } from "../kube/testing/fault-server.ts";
import { createChannels } from "./channels.ts";
import { composeMessage } from "./message.ts";
import type { NotifySettings } from "./settings.ts";
import { signature } from "./signature.ts";

const directory = mkdtempSync(join(tmpdir(), "operarius-notify-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const servers: FaultServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const NOW = 1_767_268_800_000;
const PATH = "/services/T0/B0/s3cretPath";
const message = composeMessage(
  aRecord({ phase: "Declined", reason: "Why", message: "Because." }),
  { event: "Declined", at: secondsOn(0) },
  { clusterName: "c", others: [] },
);

async function receiver(...behaviours: Behaviour[]): Promise<FaultServer> {
  const server = await startFaultServer(behaviours);
  servers.push(server);
  return server;
}

function file(content: string): string {
  const path = join(directory, String(Math.floor(performance.now() * 1e6)));
  writeFileSync(path, content);
  return path;
}

function channel(settings: Omit<NotifySettings, "events">, timeoutMs = 10_000) {
  const [only] = createChannels({ ...settings, events: [] }, { now: () => NOW, timeoutMs });
  if (only === undefined) throw new Error("no channel");
  return only;
}

describe("webhook", () => {
  it("posts a CloudEvent, signed", async () => {
    const server = await receiver(text("ok", 202));
    const sending = channel({ webhook: { url: `${server.url}${PATH}`, secretFile: file("s3cret\n") } });
    expect(await sending.send(message)).toEqual({ kind: "sent" });
    const [request] = server.requests;
    expect(request?.method).toBe("POST");
    expect(request?.headers["content-type"]).toBe("application/cloudevents+json");
    expect(request?.headers["x-operarius-signature"]).toBe(signature("s3cret", request?.body ?? "", NOW));
    expect(JSON.parse(request?.body ?? "")).toMatchObject({ id: message.id, data: { phase: "Declined" } });
  });

  it("uses a secret that was rotated at once, and sends nothing unsigned when it cannot be read", async () => {
    const server = await receiver(text("ok"));
    const secretFile = file("old");
    const sending = channel({ webhook: { url: server.url, secretFile } });
    await sending.send(message);
    writeFileSync(secretFile, "new");
    await sending.send(message);
    const signatures = server.requests.map(({ headers, body }) => [headers["x-operarius-signature"], body]);
    expect(signatures.map(([given]) => given)).toEqual([
      signature("old", signatures[0]?.[1] as string, NOW),
      signature("new", signatures[1]?.[1] as string, NOW),
    ]);
    writeFileSync(secretFile, "\n");
    expect(await sending.send(message)).toMatchObject({ kind: "failed", message: expect.stringContaining("empty") });
    rmSync(secretFile);
    expect(await sending.send(message)).toMatchObject({
      kind: "failed",
      message: expect.stringContaining("does not exist"),
    });
    expect(server.requests).toHaveLength(2);
  });

  it("repeats itself byte for byte", async () => {
    const server = await receiver(text("no", 500), text("ok"));
    const sending = channel({ webhook: { url: server.url } });
    await sending.send(message);
    await sending.send(message);
    expect(server.requests[1]?.body).toBe(server.requests[0]?.body);
    expect(server.requests[0]?.headers).not.toHaveProperty("x-operarius-signature");
  });
});

describe("slack", () => {
  it("posts to the URL in the file, and to another one once it changes", async () => {
    const one = await receiver(text("ok"));
    const two = await receiver(text("ok"));
    const path = file(`${one.url}${PATH}\n`);
    const sending = channel({ slack: { file: path } });
    expect(await sending.send(message)).toEqual({ kind: "sent" });
    writeFileSync(path, two.url);
    expect(await sending.send(message)).toEqual({ kind: "sent" });
    expect([one.requests[0]?.path, two.requests.length]).toEqual([PATH, 1]);
    expect(JSON.parse(one.requests[0]?.body ?? "")).toMatchObject({ text: expect.stringContaining("Because.") });
  });

  it("repeats Slack's own words and no others", async () => {
    const server = await receiver(text("no_service", 404), text("s3cretEcho", 404));
    const sending = channel({ slack: { url: server.url } });
    expect(await sending.send(message)).toEqual({ kind: "failed", message: "the receiver answers 404: no_service" });
    expect(await sending.send(message)).toEqual({ kind: "failed", message: "the receiver answers 404" });
  });
});

const endless: Behaviour = (response) => {
  response.writeHead(500);
  const more = () => {
    if (!response.destroyed) response.write("s3cretEcho ".repeat(1000), () => setImmediate(more));
  };
  more();
};
const drip: Behaviour = (response) => {
  response.writeHead(200);
  response.flushHeaders();
};

describe.each(["webhook", "slack"] as const)("a receiver of %s that", (kind) => {
  it.each<[string, Behaviour, string]>([
    ["is broken", text("s3cretEcho", 500), "answers 500"],
    ["has had enough", text("", 429), "answers 429"],
    ["forwards", json({}, 302, { location: "http://127.0.0.1:1/s3cretPath" }), "redirect"],
    ["forwards with the method kept", json({}, 308, { location: "http://127.0.0.1:1/s3cretPath" }), "redirect"],
    ["resets", reset, "cannot be reached"],
    ["says nothing", silence, "no answer within 0.2 s"],
    ["does not stop talking", endless, "answers 500"],
  ])("%s is a failure with words and without secrets", async (_what, behaviour, words) => {
    const server = await receiver(behaviour);
    const url = `${server.url}${PATH}`;
    const settings = kind === "slack" ? { slack: { url } } : { webhook: { url } };
    const delivery = await channel(settings, behaviour === silence ? 200 : 10_000).send(message);
    expect(delivery).toMatchObject({ kind: "failed", message: expect.stringContaining(words) });
    expect(JSON.stringify(delivery)).not.toMatch(/s3cret|127\.0\.0\.1/);
    expect(server.requests).toHaveLength(1);
  });

  it("takes it and does not end its answer has taken it", async () => {
    const { url } = await receiver(drip);
    expect(await channel(kind === "slack" ? { slack: { url } } : { webhook: { url } }).send(message)).toEqual({
      kind: "sent",
    });
  });

  it.each(["http://127.0.0.1:1/s3cret", "file:///etc/passwd?s3cret", "http://u:s3cret@127.0.0.1/", "s3cret"])(
    "is not there or is none (%s) is a failure",
    async (url) => {
      const delivery = await channel(kind === "slack" ? { slack: { url } } : { webhook: { url } }).send(message);
      expect(delivery.kind).toBe("failed");
      expect(JSON.stringify(delivery)).not.toContain("s3cret");
    },
  );
});
