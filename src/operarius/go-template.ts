/**
 * The part of Go's text/template that Operarii use: paths such as `{{ .Alert.Labels.namespace }}` and
 * `{{ index .Labels "key" }}`, with `{{-` and `-}}` trimming. Nothing else is understood, so nothing can be executed.
 */

/** What a path is looked up in: text, or named members. */
export type TemplateValue = string | { readonly [key: string]: TemplateValue };

export type Rendered = { kind: "text"; text: string } | { kind: "error"; message: string };

type Part = { literal: string } | { path: string[]; source: string };

const FIELD = /^\.[A-Za-z_][A-Za-z0-9_]*/;

/**
 * Replaces every action by the text at its path. Values are inserted through `protect`, which is told what stands before
 * them, and are never looked at as templates. A path that does not exist, or does not end at text, is an error.
 */
export function renderTemplate(
  template: string,
  data: TemplateValue,
  protect: (value: string, before: string) => string,
): Rendered {
  if (!template.includes("{{")) return { kind: "text", text: template };
  const parts = parse(template);
  if ("message" in parts) return { kind: "error", message: parts.message };
  let text = "";
  for (const part of parts.parts) {
    if ("literal" in part) {
      text += part.literal;
      continue;
    }
    const value = lookUp(part, data);
    if (value.kind === "error") return value;
    text += protect(value.text, text);
  }
  return { kind: "text", text };
}

/** What is wrong with the template itself, whatever the data; undefined when it can be read. */
export function templateError(template: string): string | undefined {
  const parts = parse(template);
  return "message" in parts ? parts.message : undefined;
}

/** Every path the template names, in order; none when it cannot be read. */
export function templatePaths(template: string): (readonly string[])[] {
  const parts = parse(template);
  return "message" in parts ? [] : parts.parts.flatMap((part) => ("path" in part ? [part.path] : []));
}

function parse(template: string): { parts: Part[] } | { message: string } {
  const parts: Part[] = [];
  let rest = template;
  for (let open = rest.indexOf("{{"); open !== -1; open = rest.indexOf("{{")) {
    const close = rest.indexOf("}}", open + 2);
    if (close === -1) return { message: `"{{" is never closed by "}}" in ${quote(template)}` };
    let action = rest.slice(open + 2, close);
    let literal = rest.slice(0, open);
    rest = rest.slice(close + 2);
    if (/^-\s/.test(action)) {
      literal = literal.trimEnd();
      action = action.slice(1);
    }
    if (/\s-$/.test(action)) {
      rest = rest.trimStart();
      action = action.slice(0, -1);
    }
    const path = parseAction(action.trim());
    if (path === undefined) {
      return {
        message: `{{${quote(action).slice(1, -1)}}} is not understood; use a path such as {{ .Alert.Labels.namespace }} or {{ index .Labels "key" }}`,
      };
    }
    parts.push({ literal }, { path, source: action.trim() });
  }
  parts.push({ literal: rest });
  return { parts };
}

/** The path of `.A.B` or of `index .A "b" ...`; undefined when it is anything else. */
function parseAction(action: string): string[] | undefined {
  const indexed = /^index\s+(\S+)\s+(.+)$/s.exec(action);
  if (indexed === null) return parsePath(action);
  const path = parsePath(indexed[1] ?? "");
  const keys = parseKeys(indexed[2] ?? "");
  return path === undefined || keys === undefined ? undefined : [...path, ...keys];
}

function parsePath(text: string): string[] | undefined {
  const path: string[] = [];
  let rest = text;
  for (let field = FIELD.exec(rest); field !== null; field = FIELD.exec(rest)) {
    path.push(field[0].slice(1));
    rest = rest.slice(field[0].length);
  }
  return rest === "" && path.length > 0 ? path : undefined;
}

/** One or more Go string literals, interpreted ("a\"b") or raw (`a`). */
function parseKeys(text: string): string[] | undefined {
  const keys: string[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const literal = /^(?:"(?:[^"\\]|\\.)*"|`[^`]*`)(?:\s+|$)/s.exec(rest)?.[0];
    if (literal === undefined) return undefined;
    rest = rest.slice(literal.length);
    const trimmed = literal.trim();
    if (trimmed.startsWith("`")) keys.push(trimmed.slice(1, -1));
    else {
      try {
        keys.push(String(JSON.parse(trimmed)));
      } catch {
        return undefined;
      }
    }
  }
  return keys.length > 0 ? keys : undefined;
}

function lookUp(action: { path: string[]; source: string }, data: TemplateValue): Rendered {
  let at: TemplateValue = data;
  const walked: string[] = [];
  for (const key of action.path) {
    const next: TemplateValue | undefined = typeof at === "object" && Object.hasOwn(at, key) ? at[key] : undefined;
    if (next === undefined) {
      const where = walked.length === 0 ? "the template data" : `.${walked.join(".")}`;
      const known = typeof at === "object" ? Object.keys(at).slice(0, 20).join(", ") || "nothing" : "plain text";
      return { kind: "error", message: `{{ ${action.source} }}: ${where} has no ${quote(key)} (it has: ${known})` };
    }
    walked.push(key);
    at = next;
  }
  if (typeof at === "string") return { kind: "text", text: at };
  return { kind: "error", message: `{{ ${action.source} }} is a map, not a text; name one of its keys` };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
