import { defineConfig } from "vitest/config";

/** The tests that judge diagnosis, plan and guards; properties with a fixed seed included. */
export default defineConfig({
  test: {
    include: ["src/remedies/**/*.test.ts", "src/engine/**/*.test.ts"],
    testTimeout: 20_000,
  },
});
