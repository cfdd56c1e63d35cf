/**
 * What a look needs to know of an installation, read with the caller's own rights: the policies in force, what was
 * already tried, whether writes are paused. Nothing of it is written, and no lock is taken; what cannot be read is said.
 */
import { Stalled } from "../engine/errors.ts";
import { assertNotPaused } from "../engine/pause.ts";
import { readLedger } from "../engine/read-ledger.ts";
import type { Policies, Target } from "../engine/types.ts";
import { isForbidden, isNotFound } from "../kube/errors.ts";
import { leases, namespaces } from "../kube/resources.ts";
import type { Kube } from "../kube/types.ts";
import { argumentsOf, operariuses, readOperarius } from "../operarius/operarius.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import type { LedgerLook, PoliciesInForce } from "../reporting/look.ts";
import { flagsOfJob } from "./heal-flags.ts";

const DEFAULT_NAMESPACE = "openfero";
/** Those without flags and without an installation: what `heal` does without flags. */
const SHIPPED: Policies = { strategy: "guided", rollback: "approve", delete: "on", forceDelete: [] };

export interface Surroundings {
  policies: PoliciesInForce;
  /** Why nothing may be written at present; "" = nothing is known to stand in the way. */
  pause: string;
  ledgerOf: (target: Target) => LedgerLook;
}

interface PoliciesInput {
  kube: Kube;
  /** Where the installation is said to be; undefined = not said. */
  namespace: string | undefined;
  /** Policies given as flags; undefined = those of the installation. */
  policies: Policies | undefined;
  signal: AbortSignal;
}

export interface SurroundingsInput extends PoliciesInput {
  /** Namespace of the targets where it is only one: the ledger is kept there when nothing is installed. */
  targets: string | undefined;
  now: () => number;
}

/** Reads it. Rejects with the API's error for everything but a missing right and an absent installation. */
export async function readSurroundings(input: SurroundingsInput): Promise<Surroundings> {
  const installed = input.namespace ?? (await installedIn(input));
  const [policies, pause, ledgerOf] = await Promise.all([
    policiesInForce(input, installed),
    pauseOf(input, installed),
    ledgerReader(input, installed),
  ]);
  return { policies, pause, ledgerOf };
}

/** The policies alone. Rejects as `readSurroundings` does. */
export async function readPolicies(input: PoliciesInput): Promise<PoliciesInForce> {
  return policiesInForce(input, input.namespace ?? (await installedIn(input)));
}

/** The namespace of the installation, or undefined when there is none. */
async function installedIn({ kube, signal }: PoliciesInput): Promise<string | undefined> {
  try {
    await kube.get(namespaces, { name: DEFAULT_NAMESPACE }, { signal });
    return DEFAULT_NAMESPACE;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    // Without the right to look, what is answered there decides.
    if (isForbidden(error)) return DEFAULT_NAMESPACE;
    throw error;
  }
}

async function policiesInForce(input: PoliciesInput, installed: string | undefined): Promise<PoliciesInForce> {
  const { kube, policies, signal } = input;
  if (policies) return { flags: policies, source: "the flags given here" };
  const none = (why: string): PoliciesInForce => ({ flags: SHIPPED, source: `the shipped defaults; ${why}` });
  if (installed === undefined) return none("Operarius is not installed here");
  try {
    const { items } = await kube.list(operariuses, { namespace: installed, signal });
    const found = items.map((each) => readOperarius(each)).flatMap((each) => ofRemedy(each, daemonSetRollout.alerts));
    const [first] = found.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || (a.name < b.name ? -1 : 1));
    if (!first) return none(`no Operarius in ${installed} runs this remedy`);
    return { flags: { ...SHIPPED, ...first.policies }, source: `Operarius ${installed}/${first.name}` };
  } catch (error) {
    if (isNotFound(error)) return none("Operarius is not installed here");
    if (isForbidden(error)) return none(`the Operarii in ${installed} cannot be read with these rights`);
    throw error;
  }
}

interface Found {
  name: string;
  priority: number | undefined;
  policies: Partial<Policies>;
}

function ofRemedy(read: ReturnType<typeof readOperarius>, alerts: readonly string[]): Found[] {
  if (read.kind === "invalid") return [];
  const { metadata, spec } = read.operarius;
  if (spec.enabled === false || !alerts.includes(spec.alertSelector.alertname)) return [];
  const policies = flagsOfJob(argumentsOf(spec));
  return policies === undefined ? [] : [{ name: metadata.name, priority: spec.priority, policies }];
}

async function pauseOf({ kube, now }: SurroundingsInput, installed: string | undefined): Promise<string> {
  if (installed === undefined) return "";
  try {
    await assertNotPaused(kube, installed, now());
    return "";
  } catch (error) {
    if (!(error instanceof Stalled)) throw error;
    return isForbidden(error.cause)
      ? `whether writes are paused is not known: ConfigMap ${installed}/operarius-pause cannot be read with these rights`
      : error.message;
  }
}

/** Every Lease of ours that these rights reach, in one list. Rejects with every other error of the API. */
export async function ledgerReader(
  { kube, targets, signal, now }: Pick<SurroundingsInput, "kube" | "targets" | "signal" | "now">,
  installed: string | undefined,
): Promise<(target: Target) => LedgerLook> {
  const namespace = installed ?? targets;
  try {
    const { items } = await kube.list(leases, {
      ...(namespace === undefined ? {} : { namespace }),
      labelSelector: "app.kubernetes.io/managed-by=operarius",
      signal,
    });
    const inNamespace = (name: string) => items.filter(({ metadata }) => metadata.namespace === name);
    return (target) => readLedger(inNamespace(installed ?? target.namespace), target, now());
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const where = namespace === undefined ? "" : ` in ${namespace}`;
    const message = `the ledger, Leases${where}, cannot be read with these rights`;
    return () => ({ kind: "unread", message });
  }
}
