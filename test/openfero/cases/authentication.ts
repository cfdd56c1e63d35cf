/** 5-8 and departure 11: who may send and read. */
import { expect } from "vitest";
import type { Api } from "../api.ts";
import { basicHeader, credentials } from "../bench.ts";
import type { Case } from "../case.ts";
import { firing } from "../delivery.ts";

const { user, password, token } = credentials;
const inOrder = true;

async function refused(api: Api, scheme: string, authorization: string): Promise<void> {
  const answer = await api.post(firing("NotAllowed"), authorization);
  expect(answer.code, `"${authorization}"`).toBe(401);
  expect(answer.headers.get("www-authenticate")).toMatch(new RegExp(`^${scheme} `));
}

const refusals: readonly { args: readonly string[]; says: RegExp }[] = [
  { args: ["--authMethod", "digest"], says: /--authMethod.*none, basic, bearer/ },
  { args: ["--authMethod", "basic"], says: /--authBasicUser.*--authBasicPass/s },
  { args: ["--authMethod", "basic", "--authBasicUser", "u"], says: /--authBasicPass/ },
  { args: ["--authMethod", "basic", "--authBasicPass", "hunter2"], says: /--authBasicUser/ },
  { args: ["--authMethod", "bearer"], says: /--authBearerToken/ },
  { args: ["--authMethod", "bearer", "--authBearerTokenFile", "/nowhere/token"], says: /\/nowhere\/token/ },
  { args: ["--authBearerToken", "hunter2"], says: /--authMethod/ },
];

const reads = ["/alerts", "/alertStore", "/api/alerts", "/api/jobs", "/api/about", "/metrics"];

export const authenticationCases: readonly Case[] = [
  {
    title: "5 without authentication everybody may send, with and without credentials",
    async run({ open }) {
      expect((await open.post(firing("Case5"), "")).code).toBe(200);
      expect((await open.post(firing("Case5"), basicHeader(user, "wrong"))).code).toBe(200);
    },
  },
  {
    title: "6 basic: the right password may send; a wrong one, a wrong user and none are answered with 401",
    inOrder,
    async run({ basic }) {
      const right = basicHeader(user, password);
      expect((await basic.post(firing("Case6"), right)).code).toBe(200);
      expect((await basic.post(firing("Case6"), right.replace("Basic", "bAsIc"))).code).toBe(200);
      for (const wrong of [basicHeader(user, "wrong"), basicHeader("x", password), "", "Basic", `Bearer ${token}`])
        await refused(basic, "Basic", wrong);
      expect(await basic.search("NotAllowed")).toEqual([]);
    },
  },
  {
    title: "7 bearer: the right token may send, the scheme in any case; a wrong one and none are answered with 401",
    inOrder,
    async run({ bearer }) {
      for (const scheme of ["Bearer", "bearer", "BEARER"])
        expect((await bearer.post(firing("Case7"), `${scheme} ${token}`)).code, scheme).toBe(200);
      for (const wrong of [`Bearer ${token}x`, "Bearer", "", token, basicHeader(user, password)])
        await refused(bearer, "Bearer", wrong);
      expect(await bearer.search("NotAllowed")).toEqual([]);
    },
  },
  {
    title: "8 settings of authentication that cannot work are refused at the start, and no secret is shown",
    async run({ refuses }) {
      for (const { args, says } of refusals) {
        const { code, stderr } = await refuses(args);
        expect(code, args.join(" ")).toBe(2);
        expect(stderr).toMatch(says);
        expect(stderr).not.toContain("hunter2");
      }
    },
  },
  {
    title: "3.11 reads are authenticated too, probes are not",
    async run({ basic, bearer }) {
      for (const api of [basic, bearer]) {
        for (const path of reads) {
          expect((await api.get(path)).code, path).toBe(200);
          const stranger = await api.get(path, "");
          expect(stranger.code, path).toBe(401);
          expect(stranger.headers.get("www-authenticate"), path).toBeTruthy();
        }
        for (const probe of ["/healthz", "/readiness", "/startupz"])
          expect((await api.get(probe, "")).code, probe).toBe(200);
      }
    },
  },
];
