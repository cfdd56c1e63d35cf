/** The flags about notifications to checked settings (pure). */
import type { NotificationEvent } from "../notify/message.ts";
import { NOTIFICATION_EVENTS } from "../notify/message.ts";
import type { NotifySettings } from "../notify/settings.ts";
import { isHttpUrl } from "../notify/settings.ts";

/** What is told unless --notifyOn says otherwise: everything that wants a person. */
export const TOLD: readonly NotificationEvent[] = NOTIFICATION_EVENTS.filter((event) => event !== "Succeeded");

const SLACK_VARIABLE = "OPERARIUS_NOTIFY_SLACK_URL";

interface Sources {
  env: Readonly<Record<string, string | undefined>>;
  readFile: (path: string) => string;
}

/** The settings; undefined where no channel is given. Problems are added to the list; none of them shows a URL or a secret. */
export function readNotify(
  values: Readonly<Record<string, string>>,
  sources: Sources,
  problems: string[],
): NotifySettings | undefined {
  const webhook = readWebhook(values, sources, problems);
  const slack = readSlack(values, sources, problems);
  const events = readEvents(values.notifyOn, problems);
  if (webhook !== undefined || slack !== undefined)
    return { ...(webhook === undefined ? {} : { webhook }), ...(slack === undefined ? {} : { slack }), events };
  if (values.notifyOn !== undefined)
    problems.push("--notifyOn is given but no channel: add --notifyWebhookURL or --notifySlackURLFile");
  return undefined;
}

function readWebhook(
  { notifyWebhookURL: url, notifyWebhookSecretFile: secretFile }: Readonly<Record<string, string>>,
  sources: Sources,
  problems: string[],
): NotifySettings["webhook"] {
  if (url === undefined) {
    if (secretFile !== undefined) problems.push("--notifyWebhookSecretFile is given without --notifyWebhookURL");
    return undefined;
  }
  if (!isHttpUrl(url))
    problems.push("--notifyWebhookURL: is not a URL of http or https without user and password in it");
  if (secretFile === undefined) return { url };
  readable(secretFile, "--notifyWebhookSecretFile", sources, problems);
  return { url, secretFile };
}

function readSlack(
  { notifySlackURLFile: file }: Readonly<Record<string, string>>,
  sources: Sources,
  problems: string[],
): NotifySettings["slack"] {
  const url = sources.env[SLACK_VARIABLE] || undefined;
  if (file !== undefined && url !== undefined) {
    problems.push(`--notifySlackURLFile and ${SLACK_VARIABLE} are both given; give one of them`);
    return undefined;
  }
  if (file === undefined) {
    if (url === undefined) return undefined;
    if (!isHttpUrl(url)) problems.push(`${SLACK_VARIABLE} is not a URL of http or https`);
    return { url };
  }
  const found = readable(file, "--notifySlackURLFile", sources, problems);
  if (found !== undefined && !isHttpUrl(found)) problems.push("--notifySlackURLFile: the file holds no URL");
  return { file };
}

/** Read now, so that a mistake is found at the start and not with the first message. */
function readable(file: string, flag: string, { readFile }: Sources, problems: string[]): string | undefined {
  try {
    const text = readFile(file).trim();
    if (text === "") problems.push(`${flag}: ${file} is empty`);
    return text === "" ? undefined : text;
  } catch (error) {
    problems.push(`${flag}: ${error instanceof Error ? error.message : "cannot be read"}`);
    return undefined;
  }
}

function readEvents(text: string | undefined, problems: string[]): readonly NotificationEvent[] {
  if (text === undefined) return TOLD;
  const named = text.split(",").map((each) => each.trim());
  if (named.includes("all")) return NOTIFICATION_EVENTS;
  const found = NOTIFICATION_EVENTS.filter((event) => named.includes(event));
  const unknown = named.filter((each) => !found.some((event) => event === each));
  if (unknown.length > 0) {
    const known = [...NOTIFICATION_EVENTS, "all"].join(", ");
    problems.push(`--notifyOn: ${unknown.map((each) => JSON.stringify(each)).join(", ")} is not one of ${known}`);
  }
  return found;
}
