/** What `operarius` prints without a command. */
export const usage = `operarius repairs stuck Kubernetes rollouts: it finds the cause, does the least thing that helps, proves it.

Usage:
  operarius heal daemonset NAME -n NAMESPACE       repair a stuck rollout
  operarius diagnose daemonset NAME -n NAMESPACE   say why it is stuck and what would be done; writes nothing
  operarius replay FILE                            diagnose and plan a run's receipt again; needs no cluster
  operarius serve                                  receive alerts from Alertmanager and run repairs as Jobs
  operarius sandbox up                             an embedded cluster for demos and tests
  operarius version

Each command has --help.
`;
