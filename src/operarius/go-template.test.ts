import { describe, expect, it } from "vitest";
import { escapeReferences } from "./expansion.ts";
import { renderTemplate, templateError } from "./go-template.ts";

const data = {
  Labels: { namespace: "app", "odd.key": "o", quote: 'a"b', evil: "{{ .Labels.namespace }}", ref: "$(PATH)" },
  Alert: { Labels: { namespace: "app" }, StartsAt: "2026" },
  Status: "firing",
};
const plain = (value: string) => value;

describe("renderTemplate", () => {
  it.each([
    ["no action", "no action"],
    ['{"json":{"nested":1}}', '{"json":{"nested":1}}'],
    ["$(PATH) stays the author's", "$(PATH) stays the author's"],
    ["{{ .Status }}", "firing"],
    ["{{.Status}}", "firing"],
    ["-n={{ .Labels.namespace }}/{{ .Status }}!", "-n=app/firing!"],
    ["a {{- .Status -}} b", "afiringb"],
    ["a\n {{- .Status }} b", "afiring b"],
    ["{{ .Alert.Labels.namespace }}", "app"],
    ['{{ index .Labels "odd.key" }}', "o"],
    ["{{ index .Labels `odd.key` }}", "o"],
    ['{{ index .Alert "Labels" "namespace" }}', "app"],
    ["{{ .Labels.evil }}", "{{ .Labels.namespace }}"],
    ["{{ .Labels.quote }}", 'a"b'],
  ])("%s", (template, want) => {
    expect(renderTemplate(template, data, plain)).toEqual({ kind: "text", text: want });
  });

  it.each([
    ["{{ .Labels.missing }}", 'no "missing"'],
    ['{{ index .Labels "missing" }}', 'no "missing"'],
    ["{{ .Labels.constructor }}", 'no "constructor"'],
    ["{{ .Nope }}", 'no "Nope"'],
    ["{{ .Status.More }}", "plain text"],
    ["{{ .Labels }}", "is a map"],
    ["{{ .Labels.namespace", "never closed"],
    ["{{ if .Status }}x{{ end }}", "not understood"],
    ["{{ .Labels.namespace | upper }}", "not understood"],
    ["{{ .Labels.odd-key }}", "not understood"],
    ["{{}}", "not understood"],
    ["{{ . }}", "not understood"],
    ['{{ index .Labels "unclosed }}', "not understood"],
  ])("%s is an error that says why", (template, why) => {
    const rendered = renderTemplate(template, data, plain);
    expect(rendered).toMatchObject({ kind: "error", message: expect.stringContaining(why) });
  });

  it("tells apart templates that no data could fill", () => {
    expect(templateError("{{ .Anything.at.all }}")).toBeUndefined();
    expect(templateError("{{ range .Labels }}")).toContain("not understood");
  });
});

/** What Kubernetes makes of a string (third_party/forked/golang/expansion) when every variable is set to "HIT". */
function expand(input: string): string {
  let result = "";
  for (let at = 0; at < input.length; at++) {
    if (input[at] !== "$" || at + 1 >= input.length) {
      result += input[at];
      continue;
    }
    const close = input.indexOf(")", at + 2);
    if (input[at + 1] === "$") result += "$";
    else if (input[at + 1] === "(" && close !== -1) {
      result += "HIT";
      at = close;
      continue;
    } else result += `$${input[at + 1]}`;
    at++;
  }
  return result;
}

describe("escapeReferences", () => {
  it("$(VAR) becomes $$(VAR)", () => expect(escapeReferences("$(PATH)")).toBe("$$(PATH)"));
  it("leaves other dollars alone", () => expect(escapeReferences("$5 a$b")).toBe("$5 a$b"));

  const values = ["$(X)", "$$(X)", "$$$(X)", "(X)", "$", "$$", "a$", "$x", "$(X", "", "$$x", "x$$(Y)z$"];
  const around = ["", "a", "(X)", "$5", "b$$"];
  it.each(values)("%s comes out as it went in, whatever stands around it", (value) => {
    for (const before of around) {
      for (const after of ["", "(X)", "$$", "b"]) {
        const text = before + escapeReferences(value, before) + after;
        expect(expand(text)).toBe(expand(before) + value + expand(after));
      }
    }
  });

  it("does not let a dollar of the author's and a value form a reference", () => {
    expect(expand(`$${escapeReferences("(PATH)", "$")}`)).toBe("$(PATH)");
  });
});
