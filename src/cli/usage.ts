/** What `operarius` prints without a command. */
export const usage = `operarius repairs stuck Kubernetes rollouts: it finds the cause, does the least thing that helps, proves it.

Usage:
  operarius diagnose -A                            every stuck DaemonSet of the cluster, why, and what would be done;
                                                   needs nothing installed and writes nothing
  operarius diagnose daemonset NAME -n NAMESPACE   one of them, with evidence and plan; writes nothing
  operarius blast-radius -A                        what may be done to which DaemonSet, and the worst case; writes nothing
  operarius heal daemonset NAME -n NAMESPACE       repair a stuck rollout
  operarius replay FILE                            diagnose and plan a run's receipt again; needs no cluster
  operarius would-match -f ALERT.json              which Operarius would answer an alert, or why none; writes nothing
  operarius scorecard --since 30d                  what became of the episodes, and how often we were right
  operarius serve                                  receive alerts from Alertmanager and run repairs as Jobs
  operarius approve NAME                           agree to the plan that a Remediation waits with; deny NAME refuses it
  operarius sandbox up                             an embedded cluster for demos and tests
  operarius version

Each command has --help.
`;
