// Runs the promtool unit tests of deploy/rules. promtool wants bare rule groups, a PrometheusRule wraps them in `spec`:
// they are unwrapped into a temporary directory. Without promtool it says so and succeeds; the last line tells which.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";

const rules = join(dirname(dirname(fileURLToPath(import.meta.url))), "deploy", "rules");
const promtool = process.env.PROMTOOL ?? "promtool";

if (spawnSync(promtool, ["--version"], { stdio: "ignore" }).error) {
  console.log("not run: promtool is not installed (Debian package prometheus)");
  process.exit(0);
}

const work = mkdtempSync(join(tmpdir(), "operarius-rules-"));
try {
  const tests = [];
  for (const file of readdirSync(rules).sort()) {
    if (file.endsWith(".test.yaml")) {
      copyFileSync(join(rules, file), join(work, file));
      tests.push(file);
    } else if (file.endsWith(".yaml")) {
      writeFileSync(join(work, file), stringify(parse(readFileSync(join(rules, file), "utf8")).spec));
    }
  }
  if (tests.length === 0) throw new Error(`no *.test.yaml in ${rules}`);
  const run = spawnSync(promtool, ["test", "rules", ...tests], { cwd: work, stdio: ["ignore", "inherit", "inherit"] });
  console.log(run.status === 0 ? `passed: ${tests.length} files` : "failed: promtool reported the differences above");
  process.exitCode = run.status === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
