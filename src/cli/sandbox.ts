/** `operarius sandbox`: hands over to the sandbox's own bundle, which is not part of the image. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "./context.ts";

/** Exit code of the sandbox's command; 2 when this installation has no sandbox. */
export const sandbox: Command = async (args, context) => {
  const bundle = new URL("./sandbox.js", import.meta.url);
  if (!existsSync(fileURLToPath(bundle))) {
    context.stderr.write(
      "operarius: this installation has no sandbox; run it from a checkout: ./bin/operarius sandbox up\n",
    );
    return 2;
  }
  const loaded = (await import(bundle.href)) as { run: Command };
  return loaded.run(args, context);
};
