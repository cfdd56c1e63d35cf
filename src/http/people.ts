/** Who a person is and what they may do, asked of the cluster: TokenReview, then SubjectAccessReview. */
import { createHash } from "node:crypto";
import type { ControlContext } from "../control/context.ts";
import { withWayOut } from "../control/way-out.ts";
import type { AccessRequest, UserInfo } from "../kube/reviews.ts";
import { isAllowed, userOfToken } from "../kube/reviews.ts";
import { problem, retryLater } from "./answers.ts";

/** A person who may do what they ask for, or the answer that says why not. */
export type Admission = { kind: "admitted"; user: UserInfo } | { kind: "refused"; response: Response };

export interface People {
  /** 401 without a valid token, 403 naming the right that is missing, 503 when the cluster cannot be asked. */
  admit(authorization: string | undefined, access: AccessRequest): Promise<Admission>;
}

/** How long an answer about a token is believed: a token that was revoked opens nothing for longer. */
const BELIEVED_MS = 10_000;
const MOST_TOKENS = 500;
/** Questions about tokens in flight; guesses must not keep the loop from the API server. */
const MOST_QUESTIONS = 16;
const CHALLENGE = { "WWW-Authenticate": 'Bearer realm="kubernetes"' };

/** Remembers only hashes of tokens, at most `MOST_TOKENS` of them for ten seconds. `timeoutMs` is for each question. */
export function createPeople({ kube, now }: ControlContext, timeoutMs: number): People {
  const known = new Map<string, { user: Promise<UserInfo | undefined>; until: number }>();
  let asking = 0;

  function userOf(token: string): Promise<UserInfo | undefined> | "busy" {
    const key = createHash("sha256").update(token).digest("base64");
    const found = known.get(key);
    if (found !== undefined && now() < found.until) return found.user;
    if (asking >= MOST_QUESTIONS) return "busy";
    asking += 1;
    const user = userOfToken(kube, token, { timeoutMs }).finally(() => {
      asking -= 1;
    });
    // Insertion order is age: the oldest go first.
    known.delete(key);
    known.set(key, { user, until: now() + BELIEVED_MS });
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - MOST_TOKENS))) known.delete(oldest);
    user.catch(() => known.delete(key));
    return user;
  }

  return {
    async admit(authorization, access) {
      const token = /^\s*bearer\s+(\S+)\s*$/i.exec(authorization ?? "")?.[1];
      if (token === undefined) {
        return refused(problem(401, "send a Kubernetes token: Authorization: Bearer TOKEN", CHALLENGE));
      }
      try {
        const asked = userOf(token);
        if (asked === "busy") return refused(retryLater({ error: "too many questions at once, please ask again" }));
        const user = await asked;
        if (user === undefined) return refused(problem(401, "the cluster does not accept this token", CHALLENGE));
        if (await isAllowed(kube, user, access, { timeoutMs })) return { kind: "admitted", user };
        const { verb, resource, group, namespace } = access;
        const missing = `${verb} on ${resource}.${group} in namespace ${namespace}`;
        return refused(problem(403, `${user.username} lacks a right: ${missing}`));
      } catch (error) {
        return refused(retryLater({ error: `the cluster cannot be asked who you are: ${withWayOut(error)}` }));
      }
    },
  };
}

function refused(response: Response): Admission {
  return { kind: "refused", response };
}
