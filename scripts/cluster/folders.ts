/** Folders, and the room in them. */
import { existsSync, mkdirSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Bytes. */
export const mebi = 1024 ** 2;

/** What the disk of an existing folder has left for us, in bytes. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

/**
 * Makes the folder, and those above it, readable by the owner alone; content when it is there. Errors: those of the file
 * system. One by one: Node's own recursive way never comes back from a place where nothing can be made, such as /proc.
 */
export function makeFolder(directory: string): void {
  if (existsSync(directory)) {
    if (!statSync(directory).isDirectory()) throw new Error(`${directory} is a file`);
    return;
  }
  makeFolder(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Somebody else was quicker.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
