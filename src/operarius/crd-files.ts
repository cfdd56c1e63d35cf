import { stringify } from "yaml";
import { customResourceDefinitions } from "./crd.ts";

const HEADER = "# Generated from src/operarius by `npm run generate`; edit the schemas there, not this file.\n";

/** The text of every file in deploy/crds. */
export function crdFiles(): { file: string; text: string }[] {
  return customResourceDefinitions().map(({ file, definition }) => ({
    file,
    text: HEADER + stringify(definition, { lineWidth: 120, aliasDuplicateObjects: false }),
  }));
}
