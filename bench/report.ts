/** The table of a benchmark: medians beside their targets, and the machine they were measured on. */
import { arch, cpus, loadavg, totalmem } from "node:os";

export interface Row {
  what: string;
  unit: string;
  /** Each run. */
  values: readonly number[];
  median: number;
  /** At most; undefined = for information. */
  target?: number;
}

function rounded(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function line({ what, unit, values, median, target }: Row): string {
  const verdict = target === undefined ? "" : median <= target ? "met" : "MISSED";
  const goal = target === undefined ? "" : `≤ ${target} ${unit}`;
  return `| ${what} | ${rounded(median)} ${unit} | ${goal} | ${verdict} | ${values.map(rounded).join(", ")} |`;
}

/** Markdown; also what is printed. */
export function report(title: string, rows: readonly Row[], end: { at: Date; notes: readonly string[] }): string {
  const [cpu] = cpus();
  return `# ${title}

| what | median | target | | each run |
| --- | --- | --- | --- | --- |
${rows.map(line).join("\n")}

${end.notes.join("\n")}

Measured ${end.at.toISOString().slice(0, 10)} on Node.js ${process.version}, ${cpus().length} × ${cpu?.model.trim() ?? "unknown processor"} (${arch()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, load average ${loadavg()[0]?.toFixed(1)} (the sandbox included).
Written by \`npm run bench\`.
`;
}
