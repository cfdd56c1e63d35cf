/** Writes the receipt to a file; a repair is not undone because its record cannot be written. */
import { writeFile } from "node:fs/promises";
import type { CliContext } from "./context.ts";

/** Tells on stderr when it cannot. */
export async function writeReceipt(file: string, receipt: object, { stderr }: CliContext): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(receipt, undefined, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    stderr.write(
      `operarius: the receipt cannot be written to ${file}: ${error instanceof Error ? error.message : String(error)}. Give another file with --receipt.\n`,
    );
  }
}
