/** The compatibility suite on the sandbox. */
import { inject } from "vitest";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { compatibility } from "./suite.ts";

const programEntry = inject("programEntry");

compatibility(() => startSandboxCluster({ programEntry }), programEntry);
