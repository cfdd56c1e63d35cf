/** The shape that DESIGN.md and CONTRIBUTING.md promise: imports point one way, what decides is pure, the edges are few. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { remedies } from "../../src/remedies/index.ts";
import type { SourceFile } from "../support/source-files.ts";
import { root, sourceFiles, withoutWords } from "../support/source-files.ts";

const all = sourceFiles("src");
const isTest = ({ path }: SourceFile) => path.endsWith(".test.ts") || path.includes("/testing/");
const product = all.filter((file) => !isTest(file));

/** First folder below src, or the file itself where it lies directly in src. */
function area(path: string): string {
  return path.split("/")[1] ?? "";
}

/** Folder to the folders it may import from, besides itself. A new edge is a decision: write it here and in DESIGN.md. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "version.ts": [],
  kube: [],
  engine: ["kube"],
  remedies: ["engine", "kube"],
  operarius: ["kube", "engine", "intake", "version.ts"],
  intake: ["kube", "operarius"],
  reporting: ["kube", "engine", "operarius", "intake", "version.ts"],
  notify: ["kube", "operarius", "version.ts"],
  control: ["kube", "engine", "operarius", "intake", "notify", "reporting", "version.ts"],
  http: ["kube", "operarius", "intake", "control", "reporting", "version.ts"],
  config: ["engine", "kube", "http", "intake", "notify", "operarius", "control", "reporting", "version.ts"],
  "server.ts": [
    "kube",
    "engine",
    "operarius",
    "intake",
    "control",
    "notify",
    "reporting",
    "http",
    "config",
    "version.ts",
  ],
  cli: [
    "kube",
    "engine",
    "remedies",
    "operarius",
    "intake",
    "control",
    "reporting",
    "http",
    "config",
    "server.ts",
    "version.ts",
  ],
  "main.ts": ["cli", "version.ts"],
};

describe("imports point one way", () => {
  it.each(product.map((file) => [file.path, file] as const))("%s", (path, { imports }) => {
    const own = area(path);
    const allowed = ALLOWED[own];
    expect(allowed, `src/${own} is not in the table of layers`).toBeDefined();
    const wrong = imports
      .filter((name) => name.startsWith("src/"))
      .filter((name) => area(name) !== own && !(allowed ?? []).includes(area(name)));
    expect(wrong).toEqual([]);
  });

  it("src imports nothing from outside of src, but packages", () => {
    const outside = product.flatMap(({ path, imports }) =>
      imports
        .filter((name) => /^(sandbox|test|bench|scripts|console|\.\.)/.test(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(outside).toEqual([]);
  });

  it("a remedy never imports another, and nobody but its registry and the command imports a remedy", () => {
    const folders = product.filter(({ path }) => /^src\/remedies\/[^/]+\//.test(path));
    const across = folders.flatMap(({ path, imports }) => {
      const own = path.split("/").slice(0, 3).join("/");
      return imports.filter((name) => name.startsWith("src/remedies/") && !name.startsWith(`${own}/`));
    });
    expect(across).toEqual([]);
  });

  it("the server knows no remedy", () => {
    const served = product.filter(({ path }) =>
      ["control", "http", "intake", "operarius", "server.ts"].includes(area(path)),
    );
    expect(served.flatMap(({ imports }) => imports.filter((name) => name.includes("/remedies/")))).toEqual([]);
  });
});

/** Files that decide: the same facts give the same answer, so that a run can be replayed. */
const PURE: readonly RegExp[] = [
  /^src\/remedies\/[^/]+\/causes\//,
  /^src\/remedies\/[^/]+\/(assemble|reported|neighbourhood|diagnose|plan|deletions|verify|recount|eligibility|situation|standing|soak|project|project-pod|project-values|project-template|essence|correlate|ruled-out|touch|void-intents|force|critical-class|template-writes|describe|guard-facts|facts|node-states|pod-literals|fingerprint)\.ts$/,
  /^src\/engine\/guards\//,
  /^src\/engine\/(policies|proposal|read-ledger|outcome|digest|pod-template|structure|quantity|endings|settings|types|guard-facts|report|receipt|receipt-schema|receipt-looks|receipt-json-schema|fold|redact|replay)\.ts$/,
  /^src\/operarius\/(match|matcher|explain-match|would-match|own-target|service-account|placeholder-alert|target|render-job|names|go-template|environment|expansion|group-key)\.ts$/,
  /^src\/intake\/(normalise|snapshot|alert|alert-file)\.ts$/,
  /^src\/control\/(limits|looks|hold|summary|storm-gate|history|concurrency|reasons|start-gate|judge-look|observe|verify|decide|conclude|after-end|transition|selector|job-outcome)\.ts$/,
  /^src\/config\//,
  /^src\/notify\/(message|cloud-event|slack|signature|settings)\.ts$/,
  /^src\/control\/notifications\.ts$/,
  /^src\/reporting\/(last-lines|layout|look|diagnosis-text|diagnosis-document|survey-text|blast-radius-text|would-match-text|schema-files|scorecard|scorecard-text)\.ts$/,
];
const IMPURE =
  /\bawait\b|\basync\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bset(Timeout|Interval|Immediate)\b|\bfetch\(|\blogger\b|\bconsole\.|\bperformance\.now\b/;
const pure = product.filter(({ path }) => PURE.some((pattern) => pattern.test(path)));

describe("what decides is pure", () => {
  it.each(PURE.map((pattern) => [String(pattern), pattern] as const))("%s names files that exist", (_text, pattern) => {
    expect(product.some(({ path }) => pattern.test(path))).toBe(true);
  });

  it.each(pure.map((file) => [file.path, file] as const))("%s", (_path, { code, imports }) => {
    expect(IMPURE.exec(code)?.[0]).toBeUndefined();
    expect(
      imports.filter((name) =>
        /^(node:(?!crypto)|pino|prom-client|src\/kube\/(client|transport|reflector|watch|connection))/.test(name),
      ),
    ).toEqual([]);
  });
});

describe("the edges are few", () => {
  it("only main.ts reads the environment or ends the process", () => {
    const found = product
      .filter(({ code }) => /\bprocess\.(env|exit|exitCode|argv|abort)\b/.test(code))
      .map(({ path }) => path);
    expect(found).toEqual(["src/main.ts"]);
  });

  it("a remedy writes nowhere itself", () => {
    const writes = product
      .filter(({ path }) => path.startsWith("src/remedies/"))
      .filter(({ code }) => /\bkube\.(create|replace|patch|delete|post|replaceStatus|patchStatus)\b/.test(code));
    expect(writes.map(({ path }) => path)).toEqual([]);
  });

  it("in the engine only the actuator changes a target, only the ledger its lease", () => {
    const writes = product
      .filter(({ path }) => path.startsWith("src/engine/"))
      .filter(({ code }) => /\bkube\s*\.\s*(create|replace|patch|delete|replaceStatus|patchStatus)\b/.test(code));
    expect(writes.map(({ path }) => path)).toEqual(["src/engine/actuate.ts", "src/engine/ledger.ts"]);
  });

  it("no mutable state outlives a call", () => {
    const kept = product.filter(({ code }) => /^(export )?(let|var)\s/m.test(code)).map(({ path }) => path);
    expect(kept).toEqual([]);
  });
});

describe("how a file reads", () => {
  it.each(product.map((file) => [file.path, file] as const))("%s", (path, { text }) => {
    const lines = text.split("\n");
    expect(lines.length, "lines").toBeLessThanOrEqual(301);
    expect(path).toMatch(/^src\/([a-z0-9-]+\/)*[a-z0-9-]+\.ts$/);
    expect(text).not.toMatch(/export default|@ts-ignore|@ts-expect-error|\bTODO\b|\bFIXME\b|not implemented/i);
  });

  it("every exported function, class and port has a contract comment", () => {
    const bare = product.flatMap(({ path, text }) => {
      const lines = text.split("\n");
      const head = /^\s*(?:\/\*\*|#!)/.test(lines[0] ?? "");
      return lines.flatMap((line, index) => {
        const name = /^export (?:async )?(?:function\*?|class) (\w+)/.exec(line)?.[1];
        if (name === undefined || /\*\/\s*$/.test(lines[index - 1] ?? "")) return [];
        // A file that exports one thing may say it at its head.
        const exported = lines.filter((each) => /^export (?!type|interface)/.test(each)).length;
        const isPredicate = /^(is|has|should)[A-Z]/.test(name);
        return (head && exported === 1) || isPredicate ? [] : [`${path}: ${name}`];
      });
    });
    expect(bare).toEqual([]);
  });
});

describe("the registry", () => {
  const folders = readdirSync(join(root, "src/remedies"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it("equals the folders", () => {
    expect(remedies.map(({ name }) => name).sort()).toEqual([...folders].sort());
  });

  it.each(folders)("%s says what it is", (folder) => {
    expect(existsSync(join(root, "src/remedies", folder, "README.md"))).toBe(true);
    expect(remedies.find(({ name }) => name === folder)).toMatchObject({
      kind: expect.stringMatching(/^[A-Z]/),
      alerts: expect.arrayContaining([expect.any(String)]),
    });
  });
});

describe("these tests can fail", () => {
  it("comments and strings are no code, what templates compute is", () => {
    const text = [
      "// await",
      "/* async\n Date.now() */",
      'const a = "process.env"; const b = /await/;',
      `const c = \`await \${Date.now()}\`;`,
    ].join("\n");
    expect(withoutWords(text)).not.toMatch(/await|async|process/);
    expect(withoutWords(text)).toContain("Date.now()");
    expect(IMPURE.test(withoutWords("const now = Date.now();"))).toBe(true);
  });

  it("imports are seen in every form", () => {
    const file = product.find(({ path }) => path === "src/engine/run.ts");
    expect(file?.imports).toContain("src/engine/write.ts");
    expect(file?.imports).toContain("src/engine/types.ts");
    expect(product.length).toBeGreaterThan(80);
    expect(pure.length).toBeGreaterThan(40);
  });
});
