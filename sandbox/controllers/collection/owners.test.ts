import { describe, expect, it } from "vitest";
import type { OwnedObject } from "./owners.ts";
import { planCollection } from "./owners.ts";

function object(
  name: string,
  parts: Partial<Omit<OwnedObject, "owners">> & { owners?: (string | { uid: string; block: boolean })[] } = {},
): OwnedObject {
  const owners = (parts.owners ?? []).map((each) => {
    const uid = typeof each === "string" ? each : each.uid;
    return {
      apiVersion: "v1",
      kind: "Thing",
      name: uid,
      uid,
      blockOwnerDeletion: typeof each !== "string" && each.block,
    };
  });
  return {
    apiVersion: "v1",
    kind: "Thing",
    namespace: "a",
    name,
    uid: name,
    finalizers: [],
    isDeleting: false,
    ...parts,
    owners,
  };
}

const steps = (objects: OwnedObject[], isCollected = true): string[] =>
  planCollection(objects, () => isCollected).map((step) => `${step.kind} ${step.object.name}`);

describe("garbage collection by owners", () => {
  const going = (finalizer: string) => object("o", { isDeleting: true, finalizers: [finalizer] });
  it.each([
    { name: "owner stands", objects: [object("o"), object("d", { owners: ["o"] })], want: [] },
    { name: "owner gone", objects: [object("d", { owners: ["o"] })], want: ["delete-dangling d"] },
    { name: "one of two gone", objects: [object("o"), object("d", { owners: ["o", "x"] })], want: ["drop-owners d"] },
    {
      name: "owner in another namespace",
      objects: [object("o", { namespace: "b" }), object("d", { owners: ["o"] })],
      want: ["delete-dangling d"],
    },
    {
      name: "cluster-scoped owner",
      objects: [object("o", { namespace: undefined }), object("d", { owners: ["o"] })],
      want: [],
    },
    { name: "no owners", objects: [object("d")], want: [] },
    {
      name: "foreground: blocking dependents first",
      objects: [going("foregroundDeletion"), object("d", { owners: [{ uid: "o", block: true }] })],
      want: ["delete-dependent d"],
    },
    {
      name: "foreground: waits while they go",
      objects: [going("foregroundDeletion"), object("d", { owners: [{ uid: "o", block: true }], isDeleting: true })],
      want: [],
    },
    {
      name: "foreground: done",
      objects: [going("foregroundDeletion"), object("d", { owners: ["o"] })],
      want: ["remove-finalizer o"],
    },
    {
      name: "orphan: releases dependents first",
      objects: [going("orphan"), object("d", { owners: ["o"] })],
      want: ["drop-owners d"],
    },
    { name: "orphan: done", objects: [going("orphan")], want: ["remove-finalizer o"] },
  ])("$name", ({ objects, want }) => {
    expect(steps(objects)).toEqual(want);
  });

  it("keeps what belongs to a kind it does not know", () => {
    expect(steps([object("d", { owners: ["o"] })], false)).toEqual([]);
  });
});
