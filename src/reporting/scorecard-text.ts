/** The words of `operarius scorecard` (pure). */
import type { Column, Screen } from "./layout.ts";
import { painter, table, wrapped } from "./layout.ts";
import type { Scorecard } from "./scorecard.ts";

const COLUMNS: readonly Column[] = [
  { title: "CAUSE" },
  { title: "ALL" },
  { title: "AGREED" },
  { title: "REPAIRED" },
  { title: "HEALED" },
  { title: "PERSON" },
  { title: "NO HELP" },
  { title: "REVERSED" },
  { title: "DECLINED" },
];
const LEGEND =
  "AGREED: what was or would have been done, against what happened, of those that can be judged. HEALED: by itself. PERSON: a person or Git changed the target. NO HELP: still in trouble after a repair. REVERSED: a person changed it within an hour after a repair. DECLINED: nothing was or would have been done, a person was asked.";

/** Lines for a person; ends with a newline. `since` is the period as it was asked for: "30d". */
export function scorecardText(card: Scorecard, screen: Screen, since: string): string {
  const paint = painter(screen);
  const { width } = screen;
  const lines = wrapped(sentence(card, since), width).map((line) => paint("strong", line));
  if (card.episodes === 0) return `${lines.join("\n")}\n`;
  const { lines: made } = table(COLUMNS, [...card.byCause, { cause: "all", ...card }].map(row), screen);
  const [heading = "", ...rows] = made;
  lines.push("", paint("strong", heading), ...rows, "", ...wrapped(selfHealed(card), width));
  for (const { mode, episodes: count, agreement } of card.byMode) {
    const words = mode === "unknown" ? "Without a known mode" : `In mode ${mode}`;
    lines.push(...wrapped(`${words}: ${episodes(count)}, agreed ${agreed(agreement)}.`, width));
  }
  lines.push("", ...wrapped(LEGEND, width).map((line) => paint("quiet", line)));
  return `${lines.join("\n")}\n`;
}

function episodes(count: number): string {
  return count === 1 ? "1 episode" : `${count} episodes`;
}

function sentence({ episodes: count, namespace, agreement }: Scorecard, since: string): string {
  const where = namespace === "" ? "in all namespaces" : `in namespace ${namespace}`;
  if (count === 0) return `There was no episode ${where} in the last ${since}.`;
  const judged = agreement.agreed + agreement.disagreed;
  if (judged === 0) return `${episodes(count)} ${where} in the last ${since}; none of them can be judged yet.`;
  const percent = Math.round((100 * agreement.agreed) / judged);
  return `${episodes(count)} ${where} in the last ${since}. Of the ${judged} that can be judged, ${agreement.agreed} agree with what happened (${percent} %).`;
}

function agreed({ agreed: count, disagreed }: Scorecard["agreement"]): string {
  return `${count}/${count + disagreed}`;
}

function row({ cause, episodes: count, agreement, decisions, outcomes }: Scorecard["byCause"][number]): string[] {
  return [
    cause,
    String(count),
    agreed(agreement),
    String(outcomes.repaired),
    String(outcomes["self-healed"]),
    String(outcomes["changed-by-person"]),
    String(outcomes["not-repaired"]),
    String(outcomes.reversed),
    String(decisions.decline),
  ];
}

function selfHealed({ selfHealed: { count, medianMinutes }, outcomes }: Scorecard): string {
  const open = outcomes.open === 0 ? "" : ` Of ${episodes(outcomes.open)} the end is not known.`;
  if (count === 0 || medianMinutes === undefined) return `None healed by itself.${open}`;
  return `${episodes(count)} healed without us, half of them within ${medianMinutes} minutes.${open}`;
}
