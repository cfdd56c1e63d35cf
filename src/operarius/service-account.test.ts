import { describe, expect, it } from "vitest";
import { anOperarius } from "../../test/support/control-fixture.ts";
import { readOperarius } from "./operarius.ts";
import { SERVICE_ACCOUNTS_ANNOTATION, serviceAccountProblem } from "./service-account.ts";

function under(account: { serviceAccountName?: string; serviceAccount?: string }) {
  const spec = { containers: [{ name: "c", image: "i" }], ...account };
  const read = readOperarius(anOperarius({ jobTemplate: { spec: { template: { spec } } } }));
  if (read.kind !== "operarius") throw new Error(read.message);
  return read.operarius;
}

describe("serviceAccountProblem", () => {
  const heal = { serviceAccountName: "operarius-heal" };

  it.each<[string, Parameters<typeof under>[0], string | undefined, "allowed" | "refused"]>([
    ["no annotation, any account", heal, undefined, "allowed"],
    ["no annotation, none named", {}, undefined, "allowed"],
    ["no annotation, the server's own", { serviceAccountName: "server" }, undefined, "refused"],
    ["the server's own by the old field", { serviceAccount: "server" }, undefined, "refused"],
    ["the new field wins", { serviceAccountName: "operarius-heal", serviceAccount: "server" }, undefined, "allowed"],
    ["an empty new field does not", { serviceAccountName: "", serviceAccount: "server" }, undefined, "refused"],
    ["the server's own though listed", { serviceAccountName: "server" }, "server,*", "refused"],
    ["listed", heal, "other, operarius-heal", "allowed"],
    ["not listed", heal, "other", "refused"],
    ["another ending", heal, "operarius-*", "allowed"],
    ["everything", heal, "*", "allowed"],
    ["a star that is not at the end", heal, "*-heal", "refused"],
    ["a longer name", heal, "operarius-hea", "refused"],
    ["an empty list", heal, "", "refused"],
    ["commas only", heal, " , ,", "refused"],
    ["none named is default", {}, "default", "allowed"],
    ["none named, default not listed", {}, "operarius-*", "refused"],
  ])("%s", (_, account, list, want) => {
    const annotations = list === undefined ? { other: "x" } : { [SERVICE_ACCOUNTS_ANNOTATION]: list };
    const problem = serviceAccountProblem(under(account), annotations, "server");
    expect(problem === undefined ? "allowed" : "refused").toBe(want);
    if (problem !== undefined) expect(problem).toContain("serviceAccountName");
  });

  it("without annotations and outside of a pod everything is allowed", () => {
    expect(serviceAccountProblem(under({ serviceAccountName: "server" }), undefined, undefined)).toBeUndefined();
  });
});
