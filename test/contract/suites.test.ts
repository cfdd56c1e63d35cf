import { expect, it } from "vitest";
import config from "../../vitest.config.ts";

it("gives every suite a group of its own, so that npm test can run several of them whatever the number of cores", () => {
  const orders = (config.test?.projects ?? []).map((project) =>
    typeof project === "object" && "test" in project ? project.test?.sequence?.groupOrder : undefined,
  );
  expect(orders.length).toBeGreaterThan(1);
  expect(orders).not.toContain(undefined);
  expect(new Set(orders).size).toBe(orders.length);
});
