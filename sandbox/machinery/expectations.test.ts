import { describe, expect, it } from "vitest";
import { createExpectations } from "./expectations.ts";

function started() {
  let now = 0;
  const expectations = createExpectations({ timeoutMs: 100, now: () => now });
  return { expectations, wait: (ms: number) => (now += ms) };
}

describe("writes the watch has yet to show", () => {
  it("are waited for one by one", () => {
    const { expectations } = started();
    expectations.expect("a", { created: ["1"], deleted: ["2"] });
    expect(expectations.satisfied("a")).toBe(false);
    expect(expectations.satisfied("b")).toBe(true);
    expectations.observe("1", false);
    expectations.observe("2", false);
    expect(expectations.satisfied("a")).toBe(false);
    expectations.observe("2", true);
    expect(expectations.satisfied("a")).toBe(true);
  });

  it("are not waited for for ever", () => {
    const { expectations, wait } = started();
    expectations.expect("a", { created: ["1"] });
    wait(100);
    expect(expectations.satisfied("a")).toBe(false);
    wait(1);
    expect(expectations.satisfied("a")).toBe(true);
  });

  it("are forgotten with their owner", () => {
    const { expectations } = started();
    expectations.expect("a", { created: ["1"] });
    expectations.forget("a");
    expect(expectations.satisfied("a")).toBe(true);
  });
});
