/** A message in Slack's mrkdwn: https://docs.slack.dev/messaging/formatting-message-text (pure). */
import type { Message, MessageData, NotificationEvent } from "./message.ts";

/** Slack cuts what is longer. */
export const MOST_SLACK_TEXT = 3000;
const MOST_FIELD = 100;

const TITLES: Readonly<Record<NotificationEvent, string>> = {
  ApprovalNeeded: "A repair awaits approval",
  Declined: "Not repaired: a person is needed",
  Ineffective: "The repair did not help",
  Failed: "The repair failed",
  Succeeded: "Repaired",
  StormHeld: "Too many targets at once: repairs are held",
  Blocked: "Repairs have stopped: a person is needed",
};

/** The body for an incoming webhook. Nothing in it links, mentions or unfurls, whatever an alert's labels say. */
export function slackBody({ event, data }: Message): object {
  const { target, alert, phase, reason, message, cause, incident } = data;
  const where = target.namespace === "" ? target.name : `${target.namespace}/${target.name}`;
  const head = [
    `*${TITLES[event]}*`,
    `${escaped(target.kind, MOST_FIELD)} ${code(where)}${target.cluster === "" ? "" : ` in ${code(target.cluster)}`}`,
  ];
  const facts = [
    `Alert ${code(alert)}, cause ${code(cause)}${incident === "" ? "" : `, incident ${code(incident)}`}`,
    ...also(data),
    ...commands(data),
  ];
  const state = `${escaped(phase, MOST_FIELD)}${reason === "" ? "" : ` (${escaped(reason, MOST_FIELD)})`}: `;
  const taken = [...head, state, ...facts].join("\n").length;
  // Commands are there to be copied and stay whole; the sentence gets the room that is left.
  const text = [...head, `${state}${escaped(message, MOST_SLACK_TEXT - taken)}`, ...facts].join("\n");
  return { text, mrkdwn: true, parse: "none", link_names: false, unfurl_links: false, unfurl_media: false };
}

function also({ others, othersCount }: MessageData): string[] {
  if (othersCount === 0) return [];
  const more = othersCount > others.length ? ` and ${othersCount - others.length} more` : "";
  const named = others.map((each) => escaped(each, 60)).join(", ");
  return [`Also of this incident: ${named}${more}`];
}

function commands({ commands: given, approve }: MessageData): string[] {
  const all = approve === undefined ? given : [approve, ...given];
  return [`\`\`\`${all.map((each) => escaped(each, 400)).join("\n")}\`\`\``];
}

function code(text: string): string {
  return `\`${escaped(text === "" ? "-" : text, MOST_FIELD)}\``;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "'" };

/** At most `room` characters, entities counted and never cut; control characters are spaces. */
function escaped(text: string, room: number): string {
  let result = "";
  for (const character of text.replaceAll(/\p{Cc}+/gu, " ").trim()) {
    const next = ENTITIES[character] ?? character;
    if (result.length + next.length > room) return cutToFit(result, room);
    result += next;
  }
  return result;
}

function cutToFit(result: string, room: number): string {
  if (result.length < room) return `${result}…`;
  return `${result.replace(/(?:&[a-z]+;|.)$/su, "")}…`;
}
