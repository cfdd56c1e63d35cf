/** The channels of an installation. Their secrets are read for every message, so that a rotated one is used at once. */
import { readFile } from "node:fs/promises";
import { fileErrorReason } from "../kube/file-errors.ts";
import { version } from "../version.ts";
import { CLOUD_EVENT_TYPE, cloudEvent } from "./cloud-event.ts";
import type { Channel, Delivery } from "./message.ts";
import { post } from "./post.ts";
import type { NotifySettings } from "./settings.ts";
import { SIGNATURE_HEADER, signature } from "./signature.ts";
import { slackBody } from "./slack.ts";

type Secret = { kind: "secret"; value: string } | Extract<Delivery, { kind: "failed" }>;

/** What Slack answers when it refuses: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
const SLACK_WORDS: ReadonlySet<string> = new Set([
  "action_prohibited",
  "channel_is_archived",
  "channel_not_found",
  "invalid_payload",
  "invalid_token",
  "no_active_hooks",
  "no_service",
  "no_service_id",
  "no_team",
  "no_text",
  "posting_to_general_channel_denied",
  "rollup_error",
  "team_disabled",
  "too_many_attachments",
  "user_not_found",
]);

/** One channel for each that is configured. `now` in milliseconds since the epoch; `timeoutMs` for tests. */
export function createChannels(
  { webhook, slack }: NotifySettings,
  { now, timeoutMs }: { now: () => number; timeoutMs?: number },
): Channel[] {
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return [
    ...(webhook === undefined ? [] : [webhookChannel(webhook, now, limit)]),
    ...(slack === undefined ? [] : [slackChannel(slack, limit)]),
  ];
}

function webhookChannel(
  { url, secretFile }: NonNullable<NotifySettings["webhook"]>,
  now: () => number,
  limit: { timeoutMs?: number },
): Channel {
  return {
    name: "webhook",
    async send(message) {
      const body = JSON.stringify(cloudEvent(message));
      const headers = { ...common(), "content-type": CLOUD_EVENT_TYPE };
      if (secretFile === undefined) return await post({ url, body, headers, ...limit });
      const secret = await readSecret(secretFile, "--notifyWebhookSecretFile");
      if (secret.kind === "failed") return secret;
      const signed = { ...headers, [SIGNATURE_HEADER]: signature(secret.value, body, now()) };
      return await post({ url, body, headers: signed, ...limit });
    },
  };
}

function slackChannel(slack: NonNullable<NotifySettings["slack"]>, limit: { timeoutMs?: number }): Channel {
  return {
    name: "slack",
    async send(message) {
      const url: Secret =
        "url" in slack ? { kind: "secret", value: slack.url } : await readSecret(slack.file, "--notifySlackURLFile");
      if (url.kind === "failed") return url;
      const headers = { ...common(), "content-type": "application/json" };
      const body = JSON.stringify(slackBody(message));
      return await post({ url: url.value, body, headers, knownWords: SLACK_WORDS, ...limit });
    },
  };
}

function common(): Record<string, string> {
  return { "user-agent": `operarius/${version}` };
}

async function readSecret(file: string, flag: string): Promise<Secret> {
  try {
    const value = (await readFile(file, "utf8")).trim();
    return value === "" ? { kind: "failed", message: `the file of ${flag} is empty` } : { kind: "secret", value };
  } catch (error) {
    return { kind: "failed", message: `the file of ${flag} cannot be read: ${fileErrorReason(error)}` };
  }
}
