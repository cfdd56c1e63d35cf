/** The scorecard as metrics, counted from the records whenever somebody asks. */
import type { Registry } from "prom-client";
import { Gauge } from "prom-client";
import type { Episode, Scorecard } from "./scorecard.ts";
import { scorecard } from "./scorecard.ts";

const WINDOW_MS = 30 * 24 * 60 * 60_000;

export interface ScorecardSource {
  /** From the leader's cache; empty on the other replicas, so that sums over replicas are right. */
  episodes: () => readonly Episode[];
  now: () => number;
}

/** Gauges over the episodes of the last 30 days; they fall again as episodes grow old. Their labels are bounded. */
export function registerScorecard(registry: Registry, { episodes, now }: ScorecardSource): void {
  const card = (): Scorecard => scorecard(episodes(), { since: now() - WINDOW_MS, now: now() });
  const gauge = <Label extends string>(
    name: string,
    { help, labels, fill }: { help: string; labels: Label[]; fill: (gauge: Gauge<Label>, card: Scorecard) => void },
  ): void => {
    const made: Gauge<Label> = new Gauge({
      name: `openfero_scorecard_${name}`,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        made.reset();
        // A gauge without labels is reset to 0, which would be a time; nothing is meant.
        if (labels.length === 0) made.remove();
        const current = card();
        if (current.episodes > 0) fill(made, current);
      },
    });
  };
  gauge("episodes", {
    help: "Episodes of the last 30 days, by what became of the trouble.",
    labels: ["outcome"],
    fill: (made, { outcomes }) => setAll(outcomes, (outcome, value) => made.set({ outcome }, value)),
  });
  gauge("decisions", {
    help: "Episodes of the last 30 days, by what was or would have been done.",
    labels: ["decision"],
    fill: (made, { decisions }) => setAll(decisions, (decision, value) => made.set({ decision }, value)),
  });
  gauge("agreement", {
    help: "Episodes of the last 30 days, by mode and by whether what happened agrees with what was or would have been done.",
    labels: ["mode", "result"],
    fill: (made, { byMode }) => {
      for (const { mode, agreement } of byMode)
        setAll(agreement, (result, value) => made.set({ mode, result: kebab(result) }, value));
    },
  });
  gauge("causes", {
    help: "Episodes of the last 30 days, by cause.",
    labels: ["cause"],
    fill: (made, { byCause }) => {
      for (const each of byCause) made.set({ cause: each.cause }, each.episodes);
    },
  });
  gauge("self_healed_median_seconds", {
    help: "Median time until trouble of the last 30 days ended by itself.",
    labels: [],
    fill: (made, { selfHealed: { medianMinutes } }) => {
      if (medianMinutes !== undefined) made.set(medianMinutes * 60);
    },
  });
}

function setAll(values: Readonly<Record<string, number>>, set: (name: string, value: number) => void): void {
  for (const [name, value] of Object.entries(values)) set(name, value);
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
