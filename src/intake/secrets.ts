/** Secrets of the webhook: several at a time so that they can be rotated, read again when their file changes. */
import { readFile } from "node:fs/promises";
import { fileErrorReason } from "../kube/file-errors.ts";
import { secretLines } from "./auth.ts";
import { filesSignature } from "./file-signature.ts";

/** The secrets that hold now. Never rejects. */
export type Secrets = () => Promise<readonly string[]>;

export interface SecretFile {
  path: string;
  /** What was read at the start. */
  first: readonly string[];
  now: () => number;
  /** Told once when the file can no longer be used, with words that show nothing of its content. */
  onTrouble: (reason: string) => void;
  /** Told when another set holds, with the number of secrets in it. */
  onChange?: (count: number) => void;
}

/** How long an answer of the file system is believed, in milliseconds. */
const CHECK_EVERY_MS = 1000;

/** Looks at the file when asked, at most once a second. A file that is unreadable or empty leaves the last good set. */
export function followSecretFile({ path, first, now, onTrouble, onChange }: SecretFile): Secrets {
  let held = first;
  let seen: string | undefined;
  let troubled = false;
  let nextCheck = 0;
  let checking: Promise<void> | undefined;

  const complain = (reason: string): void => {
    if (!troubled) onTrouble(reason);
    troubled = true;
  };
  const read = async (): Promise<void> => {
    const signature = await filesSignature([path]);
    if (signature === seen) return;
    try {
      const secrets = secretLines(await readFile(path, "utf8"));
      // Half written: looked at again with the next check.
      if ((await filesSignature([path])) !== signature) return;
      seen = signature;
      if (secrets.length === 0) return complain("it holds no secret");
      troubled = false;
      if (secrets.join("\n") !== held.join("\n")) onChange?.(secrets.length);
      held = secrets;
    } catch (error) {
      complain(fileErrorReason(error));
    }
  };
  return async () => {
    if (checking === undefined && now() >= nextCheck) {
      nextCheck = now() + CHECK_EVERY_MS;
      checking = read().finally(() => {
        checking = undefined;
      });
    }
    await checking;
    return held;
  };
}
