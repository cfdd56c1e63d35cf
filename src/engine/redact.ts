/**
 * Takes secrets out of texts that others wrote: kubelets, registries and webhooks quote URLs, headers and commands (pure).
 * Whatever is put in place of one has no secret's form, so that a text that was redacted stays as it is.
 */

/** Names of things whose value is a secret wherever it stands. */
const SECRET_NAMES = "passw(?:or)?d|passwd|pwd|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|client[-_]?secret";
/** Names that also stand in plain prose before a colon: "failed to fetch token: unexpected status". */
const PROSE_NAMES = "secret|token|credentials?|authorization|auth|signature|sig";
/** A value, quoted or up to the next space or separator. */
const VALUE = `(?:\\\\*"[^"]*"|'[^']*'|[^\\s"'\\\\,;&]+)`;

/** In order. Every one of them is linear in the length of a bounded text. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g, "[private key]"],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/"']+@/gi, "$1[redacted]@"],
  [/\b[\w.-]{1,80}:[^\s@/"']{3,}@(?!sha\d)(?=[\w.-])/g, "[redacted]@"],
  [/\b(bearer|basic|negotiate)\s+(?!realm|auth|token|error|scheme|credential|\[)[^\s"'\\,;]{6,}/gi, "$1 [redacted]"],
  [
    // Where a word begins: pods are called "secrets-agent-x", and that is no flag.
    new RegExp(
      `(?<![\\w-])(--?[\\w-]{0,40}(?:${SECRET_NAMES}|secret|token)[\\w-]{0,20})(\\s+|=)(?!\\[redacted)${VALUE}`,
      "gi",
    ),
    "$1$2[redacted]",
  ],
  [
    new RegExp(`\\b([\\w.-]{0,40}(?:${SECRET_NAMES})\\\\*["']?\\s*[:=]\\s*)(?!\\[redacted)${VALUE}`, "gi"),
    "$1[redacted]",
  ],
  [
    // Without a space only in quotes: "oauth:v2" is an image.
    new RegExp(`\\b([\\w.-]{0,40}(?:${PROSE_NAMES})(?:\\\\*["']?=|\\\\*["']:(?=\\S)))(?!\\[redacted|//)${VALUE}`, "gi"),
    "$1[redacted]",
  ],
  [
    new RegExp(
      `\\b([\\w.-]{0,40}(?:${PROSE_NAMES})\\\\*["']?\\s*[:=]\\s+)(?=\\\\*["']|\\S*\\d)(?!\\[redacted)(?!\\d{3}\\b)(?!(?:bearer|basic|negotiate)\\b)${VALUE}`,
      "gi",
    ),
    "$1[redacted]",
  ],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, "[token]"],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, "[key]"],
  [
    /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk_(?:live|test)_|npm_|AIza|ya29\.|hf_|dckr_pat_)[\w.-]{10,}/g,
    "[token]",
  ],
  // An AWS secret key: forty characters of base64. A hash has no capitals.
  [/(?<![\w/+=-])(?=[^\s]*[A-Z])(?=[^\s]*[a-z])(?=[^\s]*\d)[A-Za-z0-9/+]{40}(?![\w/+=-])/g, "[key]"],
];

/** Nothing of a text beyond this is looked at or kept. */
const LONGEST = 4096;

/** The text without what looks like a secret, cut to `most` characters. Redacting again changes nothing. */
export function redact(text: string, most = LONGEST): string {
  const kept = RULES.reduce((before, [pattern, instead]) => before.replace(pattern, instead), text.slice(0, LONGEST));
  return kept.length > most || text.length > LONGEST ? `${kept.slice(0, most - 1)}…` : kept;
}

/** Replaces what it knows to be secret, then what looks like it. */
export type Mask = (text: string) => string;

/** Plain words, paths, host names and addresses are in every message; as values of a setting they are no secrets. */
const PLAIN =
  /^(?:[a-z]{1,15}|[-\d.:/]{1,20}|\/[a-z0-9_.-]+(?:\/[a-z0-9_.-]*)*|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?|true|false)$/;
const SHORTEST = 6;

/** A mask for these values. What is part of one of `names`, or a plain word, is left alone: diagnosis rests on words. */
export function maskOf(values: readonly string[], names: readonly string[], most?: number): Mask {
  const secrets = [...new Set(values.map((value) => value.trim()))]
    .filter((value) => value.length >= SHORTEST && !PLAIN.test(value) && !names.some((name) => name.includes(value)))
    .sort((a, b) => b.length - a.length);
  return (text) =>
    redact(
      secrets.reduce((left, secret) => left.replaceAll(secret, "[value]"), text),
      most,
    );
}

/** The value with every text that is called `message` in it masked, however deep. */
export function withMessagesMasked<T>(value: T, mask: Mask): T {
  if (Array.isArray(value)) return value.map((each: unknown) => withMessagesMasked(each, mask)) as T;
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => [
    name,
    name === "message" && typeof member === "string" ? mask(member) : withMessagesMasked(member, mask),
  ]);
  return Object.fromEntries(members) as T;
}
