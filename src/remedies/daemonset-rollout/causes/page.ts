/** The catalogue of causes as a page for people, made from the data beside the recognisers (pure). */
import type { Cause } from "./cause.ts";

const HEAD = `# Causes

<!-- Generated from src/remedies/daemonset-rollout/causes by \`npm run generate\`; edit the causes there, not this page. -->

Why a DaemonSet's rollout stands still, what shows each cause, and what helps. The numbers are what \`operarius diagnose
daemonset\` prints. Words in braces stand for names that the printed commands have filled in.
`;

function linkTo({ id, title }: Cause): string {
  return `- [${id}](#${id.toLowerCase()}) ${title}`;
}

function section({ id, title, signature, shownBy, helps, forbidden, person, source }: Cause): string {
  return [
    `## ${id}`,
    "",
    `**${title[0]?.toUpperCase() ?? ""}${title.slice(1)}.** ${signature}`,
    "",
    `- Shown by: ${shownBy}.`,
    `- Deleting the pod helps: ${helps.delete}.`,
    `- A rolling restart helps: ${helps.restart}.`,
    `- A rollback helps: ${helps.rollback}.`,
    `- Not to be done: ${forbidden}.`,
    `- Source: ${source}.`,
    ...(person.length > 0 ? ["", "For a person:", "", "```sh", ...person, "```"] : []),
    "",
  ].join("\n");
}

/** Markdown, ended by one newline. */
export function causesPage(causes: readonly Cause[]): string {
  return `${HEAD}\n${causes.map(linkTo).join("\n")}\n\n${causes.map(section).join("\n")}`;
}
