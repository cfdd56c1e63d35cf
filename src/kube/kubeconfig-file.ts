/** Checks one kubeconfig file before the official client sees it: its messages quote the file, secrets included. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { CredentialsError } from "./authentication.ts";
import { fileErrorReason } from "./file-errors.ts";

type Dictionary = Record<string, unknown>;

/** The parsed file with `tokenFile` resolved to a token (the official client does not know that field). */
export async function parseKubeconfig(file: string, text: string): Promise<Dictionary> {
  const document = parseDocument(text, { prettyErrors: true });
  const problem = document.errors[0];
  if (problem) {
    const line = problem.linePos?.[0].line;
    throw new CredentialsError(
      `${file} is not valid YAML${line === undefined ? "" : `, line ${line}`} (${problem.code}).`,
    );
  }
  const content: unknown = document.toJS();
  if (!isDictionary(content) || !("clusters" in content || "contexts" in content || "users" in content)) {
    throw new CredentialsError(`${file} is not a kubeconfig: it has no clusters, contexts or users.`);
  }
  for (const entry of Array.isArray(content.users) ? content.users : []) {
    if (isDictionary(entry) && isDictionary(entry.user)) await completeUser(file, entry.user);
  }
  return content;
}

async function completeUser(file: string, user: Dictionary): Promise<void> {
  if (user["as-groups"] !== undefined || user["as-user-extra"] !== undefined || user["as-uid"] !== undefined) {
    throw new CredentialsError(
      `${file}: impersonation by as-groups, as-uid or as-user-extra is not supported; use "as".`,
    );
  }
  const tokenFile = user.tokenFile;
  if (typeof tokenFile !== "string" || tokenFile === "") return;
  const path = resolve(dirname(file), tokenFile);
  try {
    // As in kubectl, a token file wins over a token.
    user.token = (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw new CredentialsError(`cannot read the tokenFile ${path} named in ${file}: ${fileErrorReason(error)}.`, {
      cause: error,
    });
  }
}

function isDictionary(value: unknown): value is Dictionary {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
