/** One server as its callers see it: HTTP and nothing else. */
import { until } from "../support/until.ts";

export interface Answer {
  code: number;
  text: string;
  headers: Headers;
}

/** An entry of `GET /api/alerts`. */
export interface StoredAlert {
  alert: { labels: Record<string, string>; annotations: Record<string, string>; startsAt?: string; endsAt?: string };
  status: string;
  timestamp: string;
  jobInfo?: { operariusName: string; jobName: string; namespace: string; image: string };
}

export interface Api {
  readonly url: string;
  /** With the server's own credentials; `authorization` in their place, "" for none. */
  get(path: string, authorization?: string): Promise<Answer>;
  post(body: string | object, authorization?: string): Promise<Answer>;
  /** As Alertmanager does it: again after each 503. Rejects when the answer is not 200. */
  deliver(body: object): Promise<void>;
  /** `GET /api/alerts?q=`. */
  search(query: string): Promise<StoredAlert[]>;
}

/** Talks to the server at `url`, by default with these credentials. */
export function createApi(url: string, own = ""): Api {
  const call = async (path: string, init: RequestInit, authorization: string): Promise<Answer> => {
    const headers = { "content-type": "application/json", ...(authorization === "" ? {} : { authorization }) };
    const answer = await fetch(`${url}${path}`, { ...init, headers });
    return { code: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const get: Api["get"] = (path, authorization = own) => call(path, {}, authorization);
  const post: Api["post"] = (body, authorization = own) =>
    call("/alerts", { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }, authorization);
  return {
    url,
    get,
    post,
    async deliver(body) {
      const answer = await until("an answer other than 503", async () => {
        const given = await post(body);
        return given.code !== 503 && given;
      });
      if (answer.code !== 200) throw new Error(`the delivery was answered with ${answer.code}: ${answer.text}`);
    },
    async search(query) {
      const { code, text } = await get(`/api/alerts?q=${encodeURIComponent(query)}`);
      if (code !== 200) throw new Error(`GET /api/alerts: ${code} ${text}`);
      return JSON.parse(text) as StoredAlert[];
    },
  };
}
