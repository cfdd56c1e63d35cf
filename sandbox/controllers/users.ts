/** The identities the controllers act under: those of a real control plane, so that its audit log reads like one. */

const account = (name: string): string => `system:serviceaccount:kube-system:${name}`;

export const controllerUsers = {
  informers: "system:kube-controller-manager",
  scheduler: "system:kube-scheduler",
  daemonSets: account("daemon-set-controller"),
  jobs: account("job-controller"),
  garbageCollector: account("generic-garbage-collector"),
  podGc: account("pod-garbage-collector"),
  namespaces: account("namespace-controller"),
  serviceAccounts: account("service-account-controller"),
  rootCertificates: account("root-ca-cert-publisher"),
  nodes: account("node-controller"),
  disruption: account("disruption-controller"),
  quotas: account("resourcequota-controller"),
} as const;
