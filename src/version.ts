import pkg from "../package.json" with { type: "json" };

/** The release this program was built from. */
export const version: string = pkg.version;
