import { describe, expect, it } from "vitest";
import { aNode, anObservation, fleet, HOUR, MINUTE, NOW, SECOND } from "../../test/support/daemonset-builders.ts";
import { atMost, rememberTargets, shareNodes } from "./look-memory.ts";

describe("the list of nodes", () => {
  function shared(answers: readonly (Error | undefined)[] = []) {
    const clock = { now: NOW };
    let lists = 0;
    const nodes = shareNodes(
      () => {
        const error = answers[lists];
        lists += 1;
        return error ? Promise.reject(error) : Promise.resolve([aNode(`of list ${lists}`)]);
      },
      () => clock.now,
    );
    return { clock, nodes, name: async () => (await nodes())[0]?.name };
  }

  it("serves all who ask within ten seconds, while it is under way, too", async () => {
    const { clock, name } = shared();
    expect(await Promise.all([name(), name()])).toEqual(["of list 1", "of list 1"]);
    clock.now += 10 * SECOND - 1;
    expect(await name()).toBe("of list 1");
    clock.now += 1;
    expect(await name()).toBe("of list 2");
  });

  it("is asked for anew when the clock was set back", async () => {
    const { clock, name } = shared();
    await name();
    clock.now -= HOUR;
    expect(await name()).toBe("of list 2");
  });

  it("that failed fails for those who waited for it, and no longer", async () => {
    const { name } = shared([new Error("reset")]);
    await expect(Promise.all([name(), name()])).rejects.toThrow("reset");
    expect(await name()).toBe("of list 2");
  });
});

describe("what is remembered of a target", () => {
  const lacking = (at: number, uid = "uid-agent") => {
    const observation = anObservation({
      at,
      daemonSet: { uid },
      pods: fleet(4, []).filter(({ node }) => node !== "n2"),
    });
    return { ...observation, nodes: anObservation().nodes };
  };

  it("since when a node has lacked its pod", () => {
    const remember = rememberTargets();
    remember(lacking(NOW));
    expect(remember(lacking(NOW + MINUTE)).podlessSince).toEqual({ n2: NOW });
    expect(remember(anObservation({ at: NOW + 2 * MINUTE })).podlessSince).toEqual({});
    expect(remember(lacking(NOW + 3 * MINUTE)).podlessSince).toEqual({ n2: NOW + 3 * MINUTE });
  });

  it("is forgotten after five minutes without a look: it may have been well in between", () => {
    const remember = rememberTargets();
    remember(lacking(NOW));
    expect(remember(lacking(NOW + 5 * MINUTE)).podlessSince).toEqual({ n2: NOW });
    expect(remember(lacking(NOW + 10 * MINUTE + 1)).podlessSince).toEqual({ n2: NOW + 10 * MINUTE + 1 });
  });

  it("is each target's own, and of the last 500 only", () => {
    const remember = rememberTargets();
    remember(lacking(NOW));
    for (let index = 1; index <= 499; index += 1) remember(lacking(NOW + 1, `uid-${index}`));
    expect(remember(lacking(NOW + 2)).podlessSince).toEqual({ n2: NOW });
    expect(remember(lacking(NOW + 2, "uid-1")).podlessSince).toEqual({ n2: NOW + 1 });
    for (let index = 500; index <= 999; index += 1) remember(lacking(NOW + 3, `uid-${index}`));
    expect(remember(lacking(NOW + 4)).podlessSince).toEqual({ n2: NOW + 4 });
  });
});

describe("at most so many at once", () => {
  it("the others wait their turn, and a failure gives its place back", async () => {
    const inTurn = atMost(2);
    const running = new Set<number>();
    let most = 0;
    const work = (number: number) => async () => {
      running.add(number);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(number);
      if (number % 3 === 0) throw new Error(`failed ${number}`);
      return number;
    };
    const ended = await Promise.allSettled(Array.from({ length: 9 }, (_, number) => inTurn(work(number))));
    expect(most).toBe(2);
    expect(ended.map(({ status }) => status)).toEqual(
      Array.from({ length: 9 }, (_, number) => (number % 3 === 0 ? "rejected" : "fulfilled")),
    );
    expect(await inTurn(work(1))).toBe(1);
  });
});
