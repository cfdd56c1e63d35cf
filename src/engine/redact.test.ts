import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskOf, redact, withMessagesMasked } from "./redact.ts";

const S = "s3cr3tV4lue";

describe("what is taken out", () => {
  it.each([
    ["a URL's password", `failed to pull https://robot:${S}@registry.example.com/app: not found`],
    ["a URL's password with an @ in it", `Get "https://robot:a@${S}@registry.example.com/v2/": EOF`],
    ["a user and password without a scheme", `dial robot:${S}@registry.example.com: refused`],
    ["a header", `Authorization: Bearer ${S}`],
    ["a header in JSON", `{"authorization":"Bearer ${S}"}`],
    ["a bearer token in prose", `the server refused bearer ${S}.`],
    ["basic credentials", `Authorization: Basic ${S}==`],
    ["a password", `login failed: password=${S}`],
    ["a password after a colon", `login failed, Password: ${S}`],
    ["a password in JSON", `{"password":"${S} with spaces"}`],
    ["a password in escaped JSON", `"{\\"password\\":\\"${S}\\"}"`],
    ["a variable", `DB_PASSWORD=${S} is not valid`],
    ["a flag", `exec: "app --db-password ${S}": not found`],
    ["a flag with =", `exec: "app --auth-token=${S}": not found`],
    ["an API key", `X-Api-Key: ${S}`],
    ["a token", `token=${S}&x=1`],
    ["a token after a colon", `token: ${S}`],
    ["a signed URL", `GET https://b.example.com/x?X-Amz-Signature=${S}&y=1`],
    ["a shared signature", `GET https://b.example.com/x?sv=1&sig=${S}`],
    ["a JWT", `denied for eyJhbGciOiJI.${S}.${S}`],
    ["a GitHub token", `denied for ghp_${S}${S}`],
    ["a private key", `-----BEGIN RSA PRIVATE KEY-----\n${S}\n-----END RSA PRIVATE KEY-----`],
    ["a private key that is cut", `-----BEGIN PRIVATE KEY-----\n${S}`],
  ])("%s", (_name, text) => {
    expect(redact(text)).not.toContain(S);
  });

  it.each(["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"])("the key %s", (key) => {
    expect(redact(`denied for ${key} here`)).not.toContain(key);
  });
});

describe("what stays, because diagnosis rests on it", () => {
  it.each([
    'Back-off pulling image "app:bad-2": ErrImagePull: rpc error: code = NotFound desc = not found',
    "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
    "failed to fetch oauth token: 403 Forbidden",
    "pull access denied, repository does not exist or may require authorization: server message: denied",
    "no basic auth credentials",
    "unauthorized: authentication required",
    'MountVolume.SetUp failed for volume "tls" : secret "agent-tls" not found',
    "couldn't find key password in Secret kube-system/agent",
    'image "registry.example.com/app:1.2@sha256:0123456789abcdef" not found',
    'error looking up service account kube-system/nope: serviceaccount "nope" not found',
    'configmap "new" not found',
    "0/4 nodes are available: 1 Insufficient cpu, 3 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    'admission webhook "policy.example.com" denied the request: no',
    'Www-Authenticate: Bearer realm="https://auth.example.com/token",service="registry.example.com"',
    "pod secrets-store-csi-driver-x2v4q on n3 is starting",
    "kubectl logs token-refresher -n kube-system --previous",
    'Back-off pulling image "registry.example.com/oauth:v2"',
    "failed to pull registry.example.com/vault-secret:1.2: not found",
    "commit 0123456789abcdef0123456789abcdef01234567",
  ])("%s", (text) => {
    expect(redact(text)).toBe(text);
  });
});

it("redacting again changes nothing, and nothing gets longer than it may", () => {
  const part = fc.constantFrom(
    "password",
    "token",
    "=",
    ": ",
    "://",
    "@",
    "Bearer ",
    '"',
    "\\",
    "a1B2",
    " ",
    "--",
    "sig",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 300 }),
        fc.array(part, { maxLength: 60 }).map((all) => all.join("")),
      ),
      (text) => {
        const once = redact(text);
        expect(redact(once)).toBe(once);
        expect(redact(text, 100).length).toBeLessThanOrEqual(100);
      },
    ),
    { seed: 20_260_101, numRuns: 2000 },
  );
});

it("takes no time worth mentioning, whatever the text", () => {
  const started = performance.now();
  for (const text of ["a".repeat(100_000), "--password".repeat(10_000), "x:y@".repeat(20_000), "-".repeat(100_000)])
    redact(text);
  expect(performance.now() - started).toBeLessThan(1000);
});

describe("a mask", () => {
  const mask = maskOf(
    ["hunter-2", S, "warning", "/var/lib/agent", "registry.example.com", "app:bad-2", "short"],
    ["registry.example.com/app:bad-2"],
  );
  it("takes out values that it knows, wherever they are", () => {
    expect(mask(`exec "x${S}" "hunter-2"`)).toBe('exec "x[value]" "[value]"');
  });
  it("leaves words, paths, hosts and names", () => {
    const text = "warning: short, /var/lib/agent, registry.example.com/app:bad-2";
    expect(mask(text)).toBe(text);
  });
  it("reaches every message", () => {
    const given = { message: S, name: S, waiting: [{ message: `a ${S}` }], at: 1 };
    expect(withMessagesMasked(given, mask)).toEqual({
      message: "[value]",
      name: S,
      waiting: [{ message: "a [value]" }],
      at: 1,
    });
  });
});
