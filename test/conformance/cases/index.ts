/** Every case, in the order in which they are reported. */
import type { Case } from "../case.ts";
import { ownershipCases } from "./ownership.ts";

export const cases: readonly Case[] = [...ownershipCases];
