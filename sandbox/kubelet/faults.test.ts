import { describe, expect, it } from "vitest";
import { faultsAnnotation, faultsOf } from "./faults.ts";

const sound = {
  dead: false,
  wedged: false,
  diskPressure: false,
  unready: false,
  deaf: false,
  noSandbox: false,
  clockAheadMs: 0,
  pulls: { denied: [], timeout: [], platform: [] },
  moved: [],
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
    {
      text: "deaf,no-sandbox,clock-ahead=600,moved=app:ok-1",
      want: { deaf: true, noSandbox: true, clockAheadMs: 600_000, moved: ["app:ok-1"] },
    },
    {
      text: "pull-denied=a:1,pull-timeout=b:1,pull-platform=c:1",
      want: { pulls: { denied: ["a:1"], timeout: ["b:1"], platform: ["c:1"] } },
    },
    { text: "clock-ahead=soon,pull-lost=a:1", want: { unknown: ["clock-ahead=soon", "pull-lost=a:1"] } },
    { text: "unready,ded,crash=", want: { unready: true, unknown: ["ded", "crash="] } },
  ])("$text", ({ text, want }) => {
    const annotations = text === undefined ? {} : { [faultsAnnotation]: text };
    expect(faultsOf({ metadata: { annotations } })).toEqual({ ...sound, ...want });
  });
});
