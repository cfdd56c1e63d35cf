/** From a request to a User: client certificate, then bearer token. */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { unauthorized } from "../status.ts";
import type { TokenIssuer } from "./service-account-tokens.ts";
import type { User } from "./user.ts";
import { anonymous, withStandardGroups } from "./user.ts";

export interface Authenticator {
  /** Anonymous without credentials; throws 401 for credentials that are not valid. */
  user(request: IncomingMessage): User;
  /** The user of a token, for TokenReview. */
  userOfToken(token: string, audiences?: readonly string[]): User | undefined;
  /** A static bearer token for a component; the same one for the same user. */
  token(user: string, groups: readonly string[]): string;
}

function fromCertificate(request: IncomingMessage): User | undefined {
  const socket = request.socket;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const subject: Partial<Record<"CN" | "O", string | string[]>> = socket.getPeerCertificate().subject ?? {};
  const name = Array.isArray(subject.CN) ? subject.CN[0] : subject.CN;
  if (name === undefined || name === "") return undefined;
  const groups = subject.O === undefined ? [] : [subject.O].flat();
  return { name, groups };
}

/** `makeToken` gives an unguessable string. */
export function createAuthenticator(tokens: TokenIssuer, makeToken: () => string): Authenticator {
  const users = new Map<string, User>();
  const issued = new Map<string, string>();

  function userOfToken(token: string, audiences?: readonly string[]): User | undefined {
    const user = users.get(token) ?? tokens.verify(token, audiences);
    return user === undefined ? undefined : withStandardGroups(user);
  }

  return {
    userOfToken,
    user(request) {
      const certified = fromCertificate(request);
      if (certified !== undefined) return withStandardGroups(certified);
      const header = request.headers.authorization;
      if (header === undefined) return anonymous;
      const match = /^bearer\s+(\S+)\s*$/i.exec(header);
      const user = match === null ? undefined : userOfToken(match[1] ?? "");
      if (user === undefined) throw unauthorized();
      return user;
    },
    token(name, groups) {
      const key = JSON.stringify([name, ...groups]);
      const known = issued.get(key);
      if (known !== undefined) return known;
      const token = makeToken();
      issued.set(key, token);
      users.set(token, { name, groups: [...groups] });
      return token;
    },
  };
}
