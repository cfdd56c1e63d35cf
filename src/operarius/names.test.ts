import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashGroupKey } from "./group-key.ts";
import { dnsLabel, jobName, labelValue, remediationName, targetHash } from "./names.ts";

const target = { cluster: "c", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

describe("hashGroupKey", () => {
  it.each([
    ["", ""],
    ["test-group", "g331iakcj0idq3"],
    ['{}/{}:{alertname="KubeDaemonSetRolloutStuck"}', "g3c63djvwik9fy"],
    ['{}:{namespace="kube-system"}', "ga9826h7y1vba"],
  ])("%s -> %s", (groupKey, want) => expect(hashGroupKey(groupKey)).toBe(want));
});

describe("names", () => {
  it("read well where there is room", () => {
    const hash = targetHash(target);
    expect(hash).toMatch(/^[0-9a-z]{10}$/);
    expect(remediationName(target, hash, 3)).toBe(`daemonset-agent-${hash}-3`);
    expect(jobName("daemonset-rollout-fix", hash, 3, 2)).toBe(`daemonset-rollout-fix-${hash}-3-2`);
  });

  it("are legal, end in their hash and numbers, and start as promised, whatever the input", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), fc.nat({ max: 99_999 }), (text, sequence) => {
        const hash = targetHash({ ...target, name: text });
        const names = [
          remediationName({ kind: "DaemonSet", name: text }, hash, sequence),
          jobName(text, hash, sequence, 1),
        ];
        for (const name of names) expect(name).toMatch(DNS_LABEL);
        expect(names[0]).toMatch(new RegExp(`${hash}-${sequence}$`));
        expect(names[1]).toMatch(new RegExp(`${hash}-${sequence}-1$`));
      }),
    );
  });

  it("differ by target and by Operarius, also where they had to be cut", () => {
    const long = "x".repeat(80);
    const hash = targetHash(target);
    expect(jobName(`${long}a`, hash, 1, 1)).not.toBe(jobName(`${long}b`, hash, 1, 1));
    const hashes = [
      target,
      { ...target, cluster: "d" },
      { ...target, namespace: "n" },
      { ...target, kind: "Deployment" },
    ];
    expect(new Set(hashes.map(targetHash)).size).toBe(4);
    // Parts cannot run into one another.
    expect(targetHash({ ...target, namespace: "a", name: "bc" })).not.toBe(
      targetHash({ ...target, namespace: "ab", name: "c" }),
    );
  });

  it("dnsLabel never ends in a dash after cutting", () => {
    expect(dnsLabel("abcdefgh-ij", 10)).toMatch(/^abcde-[0-9a-z]{4}$/);
    expect(dnsLabel("-a.b-", 10)).toBe("a-b");
  });
});

describe("labelValue", () => {
  it.each([
    ["KubeDaemonSetRolloutStuck", "KubeDaemonSetRolloutStuck"],
    ["", ""],
    ["a.b_c-d", "a.b_c-d"],
  ])("keeps %s", (value, want) => expect(labelValue(value)).toBe(want));

  it("shortens what is not legal, with a hash that keeps values apart", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (value) => {
        expect(labelValue(value)).toMatch(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/);
        expect(labelValue(value).length).toBeLessThanOrEqual(63);
      }),
    );
    expect(labelValue("a b")).not.toBe(labelValue("a_b"));
    expect(labelValue(`${"x".repeat(70)}a`)).not.toBe(labelValue(`${"x".repeat(70)}b`));
  });
});
