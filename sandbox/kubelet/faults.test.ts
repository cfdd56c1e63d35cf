import { describe, expect, it } from "vitest";
import { faultsAnnotation, faultsOf } from "./faults.ts";

const sound = {
  dead: false,
  wedged: false,
  diskPressure: false,
  unready: false,
  crash: [],
  crashOnce: [],
  unknown: [],
};

describe("node faults", () => {
  it.each([
    { text: undefined, want: {} },
    { text: "", want: {} },
    { text: "dead", want: { dead: true } },
    { text: " wedged , disk-pressure ", want: { wedged: true, diskPressure: true } },
    {
      text: "crash=app:ok-2,crashonce=registry.example/app:ok-3",
      want: { crash: ["app:ok-2"], crashOnce: ["registry.example/app:ok-3"] },
    },
    { text: "unready,ded,crash=", want: { unready: true, unknown: ["ded", "crash="] } },
  ])("$text", ({ text, want }) => {
    const annotations = text === undefined ? {} : { [faultsAnnotation]: text };
    expect(faultsOf({ metadata: { annotations } })).toEqual({ ...sound, ...want });
  });
});
