/** The alert as a Job has it: the variables that the server makes of its labels (pure). */
import { redact } from "../engine/redact.ts";

const MOST = 64;
const LONGEST = 256;
const SECRET = /PASS|SECRET|TOKEN|KEY|CREDENTIAL/;

/** `OPENFERO_<LABEL>` to value, by name; never what is called a secret. */
export function alertVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const labels = Object.entries(env)
    .flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value] as const]))
    .filter(([name]) => name.startsWith("OPENFERO_") && !SECRET.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(labels.slice(0, MOST).map(([name, value]) => [name, redact(value, LONGEST)]));
}
