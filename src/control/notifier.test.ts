import { describe, expect, it } from "vitest";
import { aContext, until } from "../../test/support/control-fixture.ts";
import type { MemoryKube } from "../../test/support/memory-kube.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { aRecord, RECORDED_AT, secondsOn } from "../../test/support/record-builders.ts";
import { StatusError } from "../kube/errors.ts";
import { silence, startFaultServer } from "../kube/testing/fault-server.ts";
import { createChannels } from "../notify/channels.ts";
import type { Channel, Delivery, Message } from "../notify/message.ts";
import { NOTIFICATION_EVENTS } from "../notify/message.ts";
import type { RemediationNotification, RemediationStatus } from "../operarius/remediation.ts";
import { remediations } from "../operarius/remediation.ts";
import { toQueue, withNotification } from "./notifications.ts";
import type { NotifierOptions } from "./notifier.ts";
import { createNotifier, notifyOnce } from "./notifier.ts";

const failed = (message: string): Delivery => ({ kind: "failed", message });

/** A channel that answers with each of `answers` in turn; the last one stays. */
function fakeChannel(name: string, ...answers: (Delivery | Promise<Delivery>)[]): Channel & { got: Message[] } {
  const got: Message[] = [];
  const script = [...answers];
  return {
    name,
    got,
    async send(message) {
      got.push(message);
      return (await (script.length > 1 ? script.shift() : script[0])) ?? { kind: "sent" };
    },
  };
}

interface Scene {
  kube: MemoryKube;
  options: NotifierOptions & { context: ReturnType<typeof aContext> };
  clock: { now: number };
  entriesOf(name: string): RemediationNotification[];
  pass(): Promise<number | undefined>;
}

async function aScene(
  records: { name: string; status: RemediationStatus }[],
  channels: Channel[],
  overrides: Partial<NotifierOptions> = {},
): Promise<Scene> {
  const clock = { now: RECORDED_AT };
  const kube = createMemoryKube(() => clock.now);
  for (const { name, status } of records) await kube.create(remediations, aRecord(status, { name }));
  const context = aContext(kube, { now: () => clock.now, clusterName: "c" });
  const live = () => kube.all(remediations);
  const queues = () => live().map(toQueue);
  const options = { context, channels, events: NOTIFICATION_EVENTS, queues, ...overrides };
  return {
    kube,
    options: { ...options, context },
    clock,
    entriesOf: (name) => live().find(({ spec }) => spec.target.name === name)?.status?.notifications ?? [],
    pass: () => notifyOnce(options),
  };
}

const declined = (status: RemediationStatus = {}): RemediationStatus => {
  const before: RemediationStatus = { phase: "Declined", reason: "Why", message: "Because.", ...status };
  return { ...before, notifications: withNotification(before, "Declined", RECORDED_AT) };
};
const one = [{ name: "agent", status: declined() }];
const count = async ({ options }: Scene, channel: string, result: string) =>
  (await options.context.metrics.notifications.get()).values.find(
    ({ labels }) => labels.channel === channel && labels.result === result,
  )?.value ?? 0;

describe("notifyOnce", () => {
  it("tells every channel once and keeps that on the record", async () => {
    const channels = [fakeChannel("webhook"), fakeChannel("slack")];
    const scene = await aScene(one, channels);
    await scene.pass();
    await scene.pass();
    expect(channels.map(({ got }) => got.length)).toEqual([1, 1]);
    expect(scene.entriesOf("agent")).toMatchObject([{ sentAt: secondsOn(0), sentTo: ["webhook", "slack"], tries: 1 }]);
    expect([await count(scene, "webhook", "sent"), await count(scene, "slack", "sent")]).toEqual([1, 1]);
  });

  it("tries again later, with the same id, and only the channel that did not take it", async () => {
    const webhook = fakeChannel("webhook", failed("down"), { kind: "sent" });
    const slack = fakeChannel("slack");
    const scene = await aScene(one, [webhook, slack]);
    await scene.pass();
    expect(await scene.pass()).toBe(10_000);
    expect(webhook.got).toHaveLength(1);
    scene.clock.now += 10_000;
    await scene.pass();
    expect([webhook.got.length, slack.got.length]).toEqual([2, 1]);
    expect(webhook.got[1]?.id).toBe(webhook.got[0]?.id);
    expect(scene.entriesOf("agent")).toMatchObject([{ sentTo: ["slack", "webhook"], tries: 2, sentAt: secondsOn(10) }]);
    expect(scene.options.context.lines.join("")).toContain("notification not sent; trying again");
  });

  it("gives up after ten tries: on the record, in the log, in the metric", async () => {
    const webhook = fakeChannel("webhook", failed("down"));
    const scene = await aScene(one, [webhook]);
    for (let minutes = 0; minutes < 180; minutes += 1) {
      await scene.pass();
      scene.clock.now += 60_000;
    }
    expect(webhook.got).toHaveLength(10);
    const [entry] = scene.entriesOf("agent");
    expect(entry?.message).toBe("Given up after 10 tries: webhook: down");
    expect(entry).not.toHaveProperty("sentAt");
    expect([await count(scene, "webhook", "failed"), await count(scene, "webhook", "given-up")]).toEqual([10, 1]);
    expect(scene.options.context.lines.join("")).toContain("notification given up");
  });

  it("sends one message for an incident of eleven records", async () => {
    const names = Array.from({ length: 11 }, (_, index) => `d${String(index).padStart(2, "0")}`);
    const webhook = fakeChannel("webhook");
    const scene = await aScene(
      names.map((name) => ({ name, status: declined({ incident: "node/n2" }) })),
      [webhook],
    );
    await scene.pass();
    await scene.pass();
    await scene.pass();
    expect(webhook.got).toHaveLength(1);
    expect(webhook.got[0]?.data).toMatchObject({ incident: "node/n2", othersCount: 10 });
    const [teller, ...others] = names.map((name) => scene.entriesOf(name)[0]);
    expect(teller?.sentTo).toEqual(["webhook"]);
    expect(new Set(others.map((each) => each?.message))).toEqual(new Set(["Told by daemonset-d00-abcdefghij-1."]));
    expect(others.every((each) => each?.sentAt !== undefined)).toBe(true);
  });

  it("believes the record and not an old copy of it", async () => {
    const webhook = fakeChannel("webhook");
    const scene = await aScene(one, [webhook]);
    const old = scene.options.queues();
    await scene.pass();
    await notifyOnce({ ...scene.options, queues: () => old });
    expect(webhook.got).toHaveLength(1);
  });

  it("writes again on a conflict instead of sending again, and keeps what others wrote", async () => {
    const scene = await aScene(one, []);
    const busy = fakeChannel("webhook");
    const channel: Channel = {
      name: "webhook",
      async send(message) {
        const { notifications = [] } = scene.kube.all(remediations)[0]?.status ?? {};
        const more = [...notifications, { event: "Failed", at: secondsOn(1), sentAt: secondsOn(1) }];
        const body = { status: { phase: "Failed", notifications: more } };
        const { namespace, remediation: name } = message.data;
        await scene.kube.patchStatus(remediations, { namespace, name }, { type: "merge", body });
        return await busy.send(message);
      },
    };
    await notifyOnce({ ...scene.options, channels: [channel] });
    expect(busy.got).toHaveLength(1);
    expect(scene.entriesOf("agent")).toMatchObject([{ event: "Declined", sentAt: secondsOn(0) }, { event: "Failed" }]);
    expect(scene.kube.all(remediations)[0]?.status?.phase).toBe("Failed");
  });

  it("sends nothing when there is no channel, and writes nothing", async () => {
    const scene = await aScene(one, []);
    await scene.pass();
    expect(scene.kube.calls.filter(({ verb }) => verb !== "create")).toEqual([]);
  });

  it("sends nothing about a record that is gone", async () => {
    const webhook = fakeChannel("webhook");
    const scene = await aScene([], [webhook], { queues: () => [toQueue(aRecord(declined()))] });
    await scene.pass();
    expect(webhook.got).toEqual([]);
    expect(scene.options.context.lines).toEqual([]);
  });

  it.each(["get", "patchStatus"])("survives an API server that refuses to %s", async (verb) => {
    const webhook = fakeChannel("webhook");
    const scene = await aScene(one, [webhook]);
    scene.kube.failWith((call) =>
      call.verb === verb ? new StatusError({ code: 503, reason: "Unavailable", message: "away" }) : undefined,
    );
    await expect(scene.pass()).resolves.toBeUndefined();
    expect(scene.options.context.lines.join("")).toContain("notification not dealt with");
    expect(webhook.got).toEqual([]);
    scene.kube.failWith(() => undefined);
    await scene.pass();
    expect(scene.entriesOf("agent")[0]?.sentAt).toBeDefined();
  });

  it("sends once where several replicas work as if each of them led", async () => {
    const webhook = fakeChannel("webhook");
    const scene = await aScene(one, [webhook]);
    await Promise.all([scene.pass(), scene.pass(), scene.pass()]);
    expect(webhook.got).toHaveLength(1);
    expect(scene.options.context.lines).toEqual([]);
  });

  it("counts a try before it is made, so that a crash in it is one of the ten", async () => {
    const crash: Channel = { name: "webhook", send: () => Promise.reject(new Error("killed")) };
    const scene = await aScene(one, [crash]);
    for (let minutes = 0; minutes < 180; minutes += 1) {
      await scene.pass();
      scene.clock.now += 60_000;
    }
    expect(scene.entriesOf("agent")).toMatchObject([
      { tries: 10, message: "Given up after 10 tries: its end is not known" },
    ]);
  });
});

describe("createNotifier", () => {
  function start(scene: Scene) {
    const stop = new AbortController();
    const notifier = createNotifier(scene.options);
    const running = notifier.run(stop.signal);
    return {
      notifier,
      stop: async () => {
        stop.abort();
        await running;
      },
    };
  }

  it("sends when it is woken and ends when it is told to", async () => {
    const webhook = fakeChannel("webhook");
    const scene = await aScene([], [webhook]);
    const { notifier, stop } = start(scene);
    await scene.kube.create(remediations, aRecord(declined()));
    notifier.wake();
    await until(() => webhook.got.length === 1, "the message arrives");
    await stop();
  });

  it("does not send again what it could not note, and notes it once it can", async () => {
    const scene = await aScene(one, []);
    const webhook = fakeChannel("webhook");
    const refuse = ({ verb }: { verb: string }) =>
      verb === "patchStatus" && webhook.got.length > 0
        ? new StatusError({ code: 500, reason: "InternalError", message: "no" })
        : undefined;
    scene.kube.failWith(refuse);
    const { notifier, stop } = start({ ...scene, options: { ...scene.options, channels: [webhook] } });
    const failures = () => scene.options.context.lines.filter((line) => line.includes("not dealt with")).length;
    for (const wanted of [1, 2, 3]) {
      await until(() => failures() >= wanted, "a pass fails");
      scene.clock.now += 10_000;
      notifier.wake();
    }
    scene.kube.failWith(() => undefined);
    notifier.wake();
    await until(() => scene.entriesOf("agent")[0]?.sentAt !== undefined, "it is noted");
    await stop();
    expect(webhook.got).toHaveLength(1);
    expect(scene.entriesOf("agent")).toMatchObject([{ tries: 1 }]);
  });

  it("waits at its end for the message on its way", async () => {
    const release = new AbortController();
    const answer = new Promise<Delivery>((resolve) => {
      release.signal.addEventListener("abort", () => resolve({ kind: "sent" }));
    });
    const webhook = fakeChannel("webhook", answer);
    const scene = await aScene(one, [webhook]);
    const { stop } = start(scene);
    await until(() => webhook.got.length === 1, "the message is on its way");
    const stopped = stop();
    release.abort();
    await stopped;
    expect(scene.entriesOf("agent")[0]?.sentAt).toBeDefined();
  });

  it("tells no secret when nothing works", async () => {
    const server = await startFaultServer(silence);
    const settings = {
      webhook: { url: "http://127.0.0.1:1/s3cretPath?token=s3cret", secretFile: "/nowhere/s3cr3t-name" },
      slack: { url: `${server.url}/services/s3cret` },
      events: NOTIFICATION_EVENTS,
    };
    const scene = await aScene(one, createChannels(settings, { now: () => RECORDED_AT, timeoutMs: 50 }));
    await scene.pass();
    await server.close();
    const { lines, metrics } = scene.options.context;
    expect(scene.entriesOf("agent")[0]).toMatchObject({
      tries: 1,
      message: expect.stringContaining("slack: no answer"),
    });
    expect(lines).toHaveLength(1);
    const everything = [...lines, JSON.stringify(scene.kube.all(remediations)), await metrics.registry.metrics()];
    expect(everything.join("\n")).not.toContain("s3cret");
  });
});
