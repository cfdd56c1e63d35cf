// `npm run demo [-- --yes]`: a cluster on this machine, two broken rollouts, two repairs, told on screen.
// Exit 0 only when the DaemonSet is healthy by the demo's own reading of its pods; 1 when it is not; 2 when it cannot start.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readApproval } from "./demo/approval.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const usage = `Usage: npm run demo [-- --yes]
  --yes   answers the one question (may the bad image be rolled back?) with yes`;

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  console.log(usage);
  process.exit(0);
}
const unknown = args.find((arg) => arg !== "--yes");
if (unknown !== undefined) {
  console.error(`demo: unknown argument ${JSON.stringify(unknown)}.\n${usage}`);
  process.exit(2);
}

const approval = await readApproval(args.includes("--yes"));
if (approval === undefined) {
  console.error(
    "demo: the story ends with a question (may the bad image be rolled back?), and there is no terminal to answer on.\n" +
      "      Run it on a terminal, or give the answer beforehand: npm run demo -- --yes",
  );
  process.exit(2);
}

// bin/operarius installs and builds when something is missing or older than the sources, and says so.
const started = Date.now();
console.log(
  "Preparing: dependencies and program (installed and built only when missing or older than the sources) ...",
);
const prepared = spawnSync(join(root, "bin", "operarius"), ["--version"], { stdio: ["ignore", "ignore", "inherit"] });
if (prepared.status !== 0) {
  console.error("demo: the program could not be prepared; the reason is above.");
  process.exit(2);
}

const { tell } = await import("./demo/story.mjs");
process.exitCode = await tell({ root, approval, started });
