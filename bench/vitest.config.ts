import { defineConfig } from "vitest/config";

/** `npm run bench`: not a test. It builds the program, measures it and writes results.md; targets are reported, not asserted. */
export default defineConfig({
  test: {
    include: ["bench/**/*.bench.ts"],
    globalSetup: ["test/sandbox/build-once.ts"],
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
