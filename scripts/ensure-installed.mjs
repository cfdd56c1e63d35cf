// Installs the dependencies when they are missing or older than the lock file, and says so. Quiet when there is nothing to do.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `operarius needs Node.js 20.19 or newer; this is ${process.versions.node}. Install a newer Node.js and run the command again.`,
  );
  process.exit(2);
}
const lock = join(root, "package-lock.json");
const marker = join(root, "node_modules", ".package-lock.json");
const claim = join(root, ".installing");

const isMissing = () => (statSync(marker, { throwIfNoEntry: false })?.mtimeMs ?? 0) < statSync(lock).mtimeMs;

/** Two commands in two terminals, both first: npm must not run twice on one folder. False when another one has it. */
function claimed() {
  try {
    writeFileSync(claim, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

/** Whether the process that claimed the folder is still there; one that was killed left its claim behind. */
function isClaimHeld() {
  try {
    const holder = Number(readFileSync(claim, "utf8"));
    // Empty: created this moment, not yet written.
    if (holder === 0) return Date.now() - statSync(claim).mtimeMs < 5000;
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function install() {
  console.error("operarius: installing the dependencies (npm ci) ...");
  const installed = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, "inherit"],
  });
  if (installed.status === 0) return 0;
  console.error(
    "operarius: npm ci failed; its message is above. Check the network or the npm registry setting and run the command again.",
  );
  return installed.status ?? 1;
}

let waited = false;
while (isMissing()) {
  if (claimed()) {
    let status = 1;
    try {
      status = isMissing() ? install() : 0;
    } finally {
      rmSync(claim, { force: true });
    }
    if (status !== 0) process.exit(status);
    break;
  }
  if (!isClaimHeld()) rmSync(claim, { force: true });
  else if (!waited) console.error("operarius: another command is installing the dependencies; waiting for it ...");
  waited = true;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
}
