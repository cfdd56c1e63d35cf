/** A container's output, bounded, for whoever asks and whoever follows. */

const limitBytes = 1024 * 1024;

export interface LogBuffer {
  append(chunk: string | Buffer): void;
  /** Everything still held. */
  text(): string;
  /** Calls `listener` with each new chunk until the returned function is called or the log ends. */
  follow(listener: { chunk: (text: string) => void; end: () => void }): () => void;
  /** Nothing will follow. */
  end(): void;
  readonly ended: boolean;
}

/** Keeps about the last mebibyte. */
export function createLogBuffer(): LogBuffer {
  const chunks: string[] = [];
  const listeners = new Set<{ chunk: (text: string) => void; end: () => void }>();
  let size = 0;
  let ended = false;
  return {
    append(chunk) {
      const text = chunk.toString().slice(-limitBytes);
      chunks.push(text);
      size += text.length;
      while (size > limitBytes && chunks.length > 1) size -= chunks.shift()?.length ?? 0;
      for (const listener of listeners) listener.chunk(text);
    },
    text: () => chunks.join(""),
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end() {
      ended = true;
      for (const listener of listeners) listener.end();
      listeners.clear();
    },
    get ended() {
      return ended;
    },
  };
}

/** The last `lines` lines of a text, its final newline kept. */
export function tailOf(text: string, lines: number): string {
  if (lines <= 0) return "";
  const all = text.split("\n");
  const hasFinalNewline = all.at(-1) === "";
  const kept = (hasFinalNewline ? all.slice(0, -1) : all).slice(-lines);
  return kept.join("\n") + (hasFinalNewline && kept.length > 0 ? "\n" : "");
}
