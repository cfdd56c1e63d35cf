/** The highest resident set of a running process, from the kernel's own high-water mark. */
import { readFileSync } from "node:fs";

/** `stop` returns megabytes (10^6 bytes); undefined on systems without /proc. */
export function peakMemory(pid: number): { stop: () => number | undefined } {
  let peak: number | undefined;
  const sample = (): void => {
    try {
      const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      if (kilobytes !== undefined) peak = (Number(kilobytes) * 1024) / 1e6;
    } catch {
      // It is gone, or there is no /proc: what was seen last stands.
    }
  };
  sample();
  const timer = setInterval(sample, 20);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
