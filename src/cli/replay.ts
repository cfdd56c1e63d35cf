/** `operarius replay FILE`: diagnoses and plans a receipt again, without any cluster. */
import { readFile } from "node:fs/promises";
import type { ReadReceipt } from "../engine/read-receipt.ts";
import { readReceipt } from "../engine/read-receipt.ts";
import type { Receipt } from "../engine/receipt-schema.ts";
import type { Replay } from "../engine/replay.ts";
import { replay } from "../engine/replay.ts";
import { remedies } from "../remedies/index.ts";
import { printable, replayText } from "../reporting/replay-text.ts";
import { version } from "../version.ts";
import type { CliContext, Command } from "./context.ts";

const HELP = `Usage: operarius replay FILE [-o json]

Diagnoses and plans the looks of a receipt again and compares. FILE is what --receipt wrote, or a Receipt resource as
kubectl prints it; - reads it from standard input:
  kubectl get receipt NAME -n openfero -o json | operarius replay -

Exit codes: 0 equal, 1 differs, 2 not a receipt that can be replayed: unreadable, of an unknown schema, or truncated.
`;

const EXIT = { equal: 0, differs: 1, truncated: 2, unreadable: 2 } as const;
const MOST_INPUT = 256 * 1024 * 1024;

/** Exit codes: see the help. */
export const replayCommand: Command = async (args, context) => {
  const { stdout, stderr } = context;
  if (args.some((argument) => argument === "--help" || argument === "-h")) {
    stdout.write(HELP);
    return 0;
  }
  const parsed = parseArguments(args);
  if (parsed === undefined) {
    stderr.write(`operarius replay: give one file, or - for standard input.\n${HELP}`);
    return EXIT.unreadable;
  }
  const { file, json } = parsed;
  const read = await readFrom(file, context);
  const done = read.kind === "receipt" ? again(read.receipt) : read;
  if (done.kind === "unreadable") {
    stderr.write(`operarius replay: ${file === "-" ? "standard input" : file}: ${printable(done.message)}.\n`);
    return EXIT.unreadable;
  }
  const { receipt, result } = done;
  stdout.write(
    json
      ? `${JSON.stringify({ schema: "operarius.openfero.io/replay/v1", version, ...result }, undefined, 2)}\n`
      : replayText(receipt, result, version),
  );
  return EXIT[result.kind];
};

function parseArguments(args: readonly string[]): { file: string; json: boolean } | undefined {
  const rest = [...args];
  const at = rest.findIndex((argument) => /^(?:-o|--output)(?:=|$)/.test(argument));
  let format = "text";
  if (at >= 0) {
    const [flag = ""] = rest.splice(at, 1);
    format = flag.includes("=") ? flag.slice(flag.indexOf("=") + 1) : (rest.splice(at, 1)[0] ?? "");
  }
  const [file, ...more] = rest;
  const isFile = file !== undefined && file !== "" && (file === "-" || !file.startsWith("-"));
  return isFile && more.length === 0 && ["text", "json"].includes(format)
    ? { file, json: format === "json" }
    : undefined;
}

async function readFrom(file: string, { stdin }: CliContext): Promise<ReadReceipt> {
  try {
    return readReceipt(file === "-" ? await readAll(stdin) : await readFile(file));
  } catch (error) {
    return { kind: "unreadable", message: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > MOST_INPUT) throw new RangeError(`more than ${MOST_INPUT} bytes; no receipt has that many`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

type Replayed = { kind: "replayed"; receipt: Receipt; result: Replay } | Extract<ReadReceipt, { kind: "unreadable" }>;

/** A receipt of the right form may still hold facts that are none. */
function again(receipt: Receipt): Replayed {
  const remedy = remedies.find(({ name }) => name === receipt.remedy);
  if (remedy === undefined)
    return { kind: "unreadable", message: `this program has no remedy ${JSON.stringify(receipt.remedy).slice(0, 80)}` };
  try {
    return { kind: "replayed", receipt, result: replay(receipt, remedy) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: "unreadable",
      message: `its facts are not ones that ${remedy.name} understands: ${why.slice(0, 300)}`,
    };
  }
}
