/** ServiceAccount tokens: ES256 JWTs with the claims of the real ones (pkg/serviceaccount/claims.go). */
import type { KeyObject } from "node:crypto";
import { createPublicKey, generateKeyPairSync, randomUUID, sign, verify } from "node:crypto";
import type { KubeObject } from "../object.ts";
import { asMap, asString, isMap } from "../object.ts";
import type { User } from "./user.ts";

export interface TokenIssuer {
  issuer: string;
  issue(request: TokenClaims): { token: string; expirationTimestamp: string };
  /** The user, or undefined when the token is not one of ours, has expired, or what it is bound to is gone. */
  verify(token: string, audiences?: readonly string[]): User | undefined;
  /** The public key as a JSON Web Key Set. */
  jwks(): object;
}

export interface TokenClaims {
  namespace: string;
  serviceAccount: { name: string; uid: string };
  /** The pod that the token is bound to, if any: the token dies with it. */
  pod?: { name: string; uid: string };
  audiences: readonly string[];
  expirationSeconds: number;
}

/** Looks up what a token is bound to. */
export type Lookup = (bucket: "serviceaccounts" | "pods", namespace: string, name: string) => KubeObject | undefined;

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function claimsOf(token: string, publicKey: KeyObject): Record<string, unknown> | undefined {
  const [header = "", body = "", signature = "", ...more] = token.split(".");
  if (more.length > 0 || signature === "" || decode(header)?.alg !== "ES256") return undefined;
  const signed = verify(
    "sha256",
    Buffer.from(`${header}.${body}`),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  return signed ? decode(body) : undefined;
}

/** A fresh signing key; tokens of another sandbox are not accepted. */
export function createTokenIssuer(issuer: string, lookup: Lookup): TokenIssuer {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyId = randomUUID();

  function userOf(claims: Record<string, unknown>, audiences: readonly string[]): User | undefined {
    const kubernetes = asMap(claims["kubernetes.io"]);
    const account = asMap(kubernetes.serviceaccount);
    const pod = asMap(kubernetes.pod);
    const namespace = asString(kubernetes.namespace);
    const name = asString(account.name);
    const granted = Array.isArray(claims.aud) ? claims.aud : [];
    if (claims.iss !== issuer || !audiences.some((one) => granted.includes(one))) return undefined;
    if (typeof claims.exp !== "number" || claims.exp * 1000 <= Date.now()) return undefined;
    if (lookup("serviceaccounts", namespace, name)?.metadata.uid !== account.uid) return undefined;
    if (pod.name !== undefined && lookup("pods", namespace, asString(pod.name))?.metadata.uid !== pod.uid) {
      return undefined;
    }
    const extra: Record<string, string[]> = {
      "authentication.kubernetes.io/credential-id": [`JTI=${asString(claims.jti)}`],
    };
    if (pod.name !== undefined) {
      extra["authentication.kubernetes.io/pod-name"] = [asString(pod.name)];
      extra["authentication.kubernetes.io/pod-uid"] = [asString(pod.uid)];
    }
    return { name: `system:serviceaccount:${namespace}:${name}`, uid: asString(account.uid), groups: [], extra };
  }

  return {
    issuer,
    issue({ namespace, serviceAccount, pod, audiences, expirationSeconds }) {
      const now = Math.floor(Date.now() / 1000);
      const exp = now + expirationSeconds;
      const header = encode({ alg: "ES256", kid: keyId });
      const body = encode({
        aud: audiences,
        exp,
        iat: now,
        iss: issuer,
        jti: randomUUID(),
        "kubernetes.io": { namespace, ...(pod === undefined ? {} : { pod }), serviceaccount: serviceAccount },
        nbf: now,
        sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
      });
      const signature = sign("sha256", Buffer.from(`${header}.${body}`), {
        key: privateKey,
        dsaEncoding: "ieee-p1363",
      }).toString("base64url");
      return {
        token: `${header}.${body}.${signature}`,
        expirationTimestamp: new Date(exp * 1000).toISOString().replace(/\.\d+Z$/, "Z"),
      };
    },
    verify(token, audiences = [issuer]) {
      const claims = claimsOf(token, publicKey);
      return claims === undefined ? undefined : userOf(claims, audiences);
    },
    jwks: () => ({
      keys: [{ ...createPublicKey(privateKey).export({ format: "jwk" }), use: "sig", kid: keyId, alg: "ES256" }],
    }),
  };
}
