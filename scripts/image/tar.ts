/** Writes tar archives (POSIX ustar) that are the same for the same contents, whoever writes them and when. Pure. */

export interface Entry {
  /** In the archive, without a leading slash: "app/operarius.js". */
  path: string;
  /** Absent: a directory. */
  data?: Uint8Array;
  /** Permissions. Default 0o644, for a directory 0o755. */
  mode?: number;
}

const blockBytes = 512;

/** One archive of these entries, sorted, with the directories they need; everything belongs to root and is of 1970. Errors: `RangeError` for a path that ustar cannot hold. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const parts = withDirectories(entries)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .flatMap((entry) => [headerOf(entry), ...(entry.data === undefined ? [] : [entry.data, paddingOf(entry.data)])]);
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function withDirectories(entries: readonly Entry[]): Entry[] {
  const named = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    const parts = path.split("/").slice(0, -1);
    for (let length = 1; length <= parts.length; length += 1) {
      const directory = parts.slice(0, length).join("/");
      if (!named.has(directory)) named.set(directory, { path: directory });
    }
  }
  return [...named.values()];
}

function paddingOf(data: Uint8Array): Buffer {
  return Buffer.alloc((blockBytes - (data.length % blockBytes)) % blockBytes);
}

function headerOf({ path, data, mode = data === undefined ? 0o755 : 0o644 }: Entry): Buffer {
  const name = data === undefined ? `${path}/` : path;
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${path} is too long a path for the archive`);
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at);
  };
  header.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(data?.length ?? 0, 124, 12);
  octal(0, 136, 12);
  header.write(data === undefined ? "5" : "0", 156);
  header.write("ustar\0" + "00", 257);
  // The checksum counts its own field as spaces.
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
