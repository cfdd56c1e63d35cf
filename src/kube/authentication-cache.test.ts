import { describe, expect, it } from "vitest";
import { cacheAuthentication } from "./authentication-cache.ts";

/** A source of tokens that counts, and can be told to fail or to hand out other certificates. */
function source() {
  const state = { now: 0, calls: [] as boolean[], ca: "one", failing: false };
  const cache = cacheAuthentication(
    async (again) => {
      state.calls.push(again);
      if (state.failing) throw new Error("no");
      return { headers: { authorization: `token-${state.calls.length}` }, tls: { ca: Buffer.from(state.ca) } };
    },
    () => state.now,
  );
  return { state, cache };
}

describe("the authentication cache", () => {
  it("asks once for many requests, and again after 60 s", async () => {
    const { state, cache } = source();
    const all = await Promise.all([1, 2, 3].map(() => cache.authenticate()));
    expect(new Set(all).size).toBe(1);
    state.now = 59_999;
    expect(await cache.authenticate()).toBe(all[0]);
    state.now = 60_000;
    expect((await cache.authenticate()).headers).toEqual({ authorization: "token-2" });
    expect(state.calls).toEqual([false, false]);
  });

  it("asks once when many requests were refused together", async () => {
    const { state, cache } = source();
    const refused = await cache.authenticate();
    const later = [1, 2, 3].map(async () => {
      cache.forget(refused);
      return cache.authenticate();
    });
    await Promise.all(later);
    cache.forget(refused);
    await cache.authenticate();
    expect(state.calls).toEqual([false, true]);
    cache.forget();
    await cache.authenticate();
    expect(state.calls).toEqual([false, true, true]);
  });

  it("keeps the identity of the TLS material until its content changes", async () => {
    const { state, cache } = source();
    const first = await cache.authenticate();
    cache.forget();
    expect((await cache.authenticate()).tls).toBe(first.tls);
    state.ca = "two";
    cache.forget();
    expect((await cache.authenticate()).tls).toEqual({ ca: Buffer.from("two") });
  });

  it("does not keep a failure", async () => {
    const { state, cache } = source();
    state.failing = true;
    await expect(cache.authenticate()).rejects.toThrow("no");
    state.failing = false;
    expect((await cache.authenticate()).headers).toEqual({ authorization: "token-2" });
  });
});
