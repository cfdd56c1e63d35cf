import { describe, expect, it } from "vitest";
import { NOTIFICATION_EVENTS } from "../notify/message.ts";
import { TOLD } from "./notify-config.ts";
import { readServeConfig } from "./serve-config.ts";

const FILES: Readonly<Record<string, string>> = {
  "/secret": "s3cret\n",
  "/slack": "https://hooks.slack.com/services/s3cret\n",
  "/empty": "\n",
};

function read(flags: Record<string, string>, env: Record<string, string> = {}) {
  const readFile = (path: string) => {
    const content = FILES[path];
    if (content === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    return content;
  };
  return readServeConfig({ flags, env, readFile });
}
const notify = (...sources: Parameters<typeof read>) => {
  const result = read(...sources);
  if (result.kind === "problems") throw new Error(result.problems.join("; "));
  return result.config.notify;
};

describe("notifications", () => {
  it("are off unless a channel is given", () => expect(notify({})).toBeUndefined());

  it("tell everything that wants a person, unless told otherwise", () => {
    expect(TOLD).toEqual(["ApprovalNeeded", "Declined", "Ineffective", "Failed", "StormHeld", "Blocked"]);
    const url = "https://example.com/hook";
    expect(notify({ notifyWebhookURL: url })).toEqual({ webhook: { url }, events: TOLD });
    expect(notify({ notifyWebhookURL: url, notifyOn: "Failed, ApprovalNeeded" })?.events).toEqual([
      "ApprovalNeeded",
      "Failed",
    ]);
    expect(notify({ notifyWebhookURL: url, notifyOn: "all" })?.events).toEqual(NOTIFICATION_EVENTS);
  });

  it("keep the names of secrets' files, not the secrets", () => {
    const flags = {
      notifyWebhookURL: "http://example.com",
      notifyWebhookSecretFile: "/secret",
      notifySlackURLFile: "/slack",
    };
    expect(notify(flags)).toEqual({
      webhook: { url: "http://example.com", secretFile: "/secret" },
      slack: { file: "/slack" },
      events: TOLD,
    });
    expect(notify({}, { OPERARIUS_NOTIFY_SLACK_URL_FILE: "/slack" })?.slack).toEqual({ file: "/slack" });
  });

  it("take Slack's URL from the variable, never from a flag", () => {
    const url = "https://hooks.slack.com/services/x";
    expect(notify({}, { OPERARIUS_NOTIFY_SLACK_URL: url })?.slack).toEqual({ url });
    expect(notify({ notifySlackURL: url })).toBeUndefined();
  });

  it.each<[Record<string, string>, Record<string, string>, string]>([
    [{ notifyWebhookURL: "ftp://s3cret" }, {}, "--notifyWebhookURL"],
    [{ notifyWebhookURL: "https://u:s3cret@example.com" }, {}, "without user and password"],
    [{ notifyWebhookURL: "http://e.com", notifyWebhookSecretFile: "/absent" }, {}, "/absent"],
    [{ notifyWebhookURL: "http://e.com", notifyWebhookSecretFile: "/empty" }, {}, "is empty"],
    [{ notifyWebhookSecretFile: "/secret" }, {}, "without --notifyWebhookURL"],
    [{ notifySlackURLFile: "/secret" }, {}, "holds no URL"],
    [{ notifySlackURLFile: "/absent" }, {}, "/absent"],
    [{ notifySlackURLFile: "/slack" }, { OPERARIUS_NOTIFY_SLACK_URL: "https://x/s3cret" }, "one of them"],
    [{}, { OPERARIUS_NOTIFY_SLACK_URL: "s3cret" }, "OPERARIUS_NOTIFY_SLACK_URL"],
    [{ notifyOn: "all" }, {}, "no channel"],
    [{ notifyWebhookURL: "http://e.com", notifyOn: "Failed,Superseded" }, {}, '"Superseded" is not one of'],
    [{ notifyWebhookURL: "http://e.com", notifyOn: "," }, {}, '"" is not one of'],
  ])("refuse %o %o", (flags, env, words) => {
    const result = read(flags, env);
    const problems = result.kind === "problems" ? result.problems : [];
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
    expect(problems[0]).not.toContain("s3cret");
  });
});
