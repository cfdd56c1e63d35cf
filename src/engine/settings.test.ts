import { describe, expect, it } from "vitest";
import { settingsFor } from "./settings.ts";

describe("settings", () => {
  it("normal is what the documentation promises", () => {
    expect(settingsFor("normal")).toMatchObject({
      timeoutMs: 270_000,
      dwellMs: 30_000,
      soakMs: 60_000,
      soakSlackMs: 30_000,
      minAgeMs: 300_000,
      terminationSlackMs: 30_000,
      controllerSlackMs: 120_000,
      provenBeforeMs: 600_000,
      quietTemplateMs: 3_600_000,
      episodeMs: 86_400_000,
    });
  });

  it("fast shortens every wait and nothing else", () => {
    const { pace: _fast, ...fast } = settingsFor("fast");
    const { pace: _normal, ...normal } = settingsFor("normal");
    for (const [name, value] of Object.entries(fast))
      expect(value, name).toBeLessThanOrEqual(normal[name as keyof typeof normal]);
    expect([fast.timeoutMs, fast.requestTimeoutMs]).toEqual([normal.timeoutMs, normal.requestTimeoutMs]);
    expect(fast.dwellMs).toBeGreaterThan(0);
  });

  it("flags override single ones; the least age counts for both kinds of trouble", () => {
    const settings = settingsFor("normal", { timeoutMs: 1, dwellMs: 2, soakMs: 0, minAgeMs: 4 });
    expect(settings).toMatchObject({
      timeoutMs: 1,
      dwellMs: 2,
      soakMs: 0,
      minAgeMs: 4,
      selfHealingAgeMs: 4,
      soakSlackMs: 30_000,
    });
  });
});
