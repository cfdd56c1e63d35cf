/** What the runner tells a suite, through the one variable that both know. */

/** Name of the variable; its value is `SuiteSettings` as JSON. */
export const settingsVariable = "OPERARIUS_SUITE";

export interface SuiteSettings {
  /** --allow-old-kubernetes */
  allowOld: boolean;
  /** --kubeconfig: a cluster of the user's, who has agreed. */
  foreign?: ForeignSettings;
}

export interface ForeignSettings {
  kubeconfig: string;
  context: string;
  /** The dedicated one. */
  namespace: string;
  /** Existing folder on this machine, for files of the run. */
  directory: string;
}

/** Of the process that a suite runs in. Without the runner: nothing special. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): SuiteSettings {
  const text = env[settingsVariable];
  return text === undefined ? { allowOld: false } : (JSON.parse(text) as SuiteSettings);
}
