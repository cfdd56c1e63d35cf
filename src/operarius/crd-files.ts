import { stringify } from "yaml";
import { customResourceDefinitions } from "./crd.ts";

const HEADER = "# Generated from src/operarius by `npm run generate`; edit the schemas there, not this file.\n";

/** The text of every file in deploy/crds. kubectl reads YAML 1.1, where a bare `n` is a boolean: quoted for that version. */
export function crdFiles(): { file: string; text: string }[] {
  return customResourceDefinitions().map(({ file, definition }) => ({
    file,
    text: HEADER + stringify(definition, { version: "1.1", lineWidth: 120, aliasDuplicateObjects: false }),
  }));
}
