import { stat } from "node:fs/promises";

/**
 * Changes whenever one of the files is written or exchanged: times of the last changes, size and inode, links followed, so
 * that the swap of a mounted Secret is seen too. A file that cannot be looked at has a signature as well.
 */
export async function filesSignature(paths: readonly string[]): Promise<string> {
  const parts = paths.map(async (path) => {
    try {
      const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true });
      return `${mtimeNs}:${ctimeNs}:${size}:${ino}`;
    } catch {
      return "unreadable";
    }
  });
  return (await Promise.all(parts)).join(" ");
}
