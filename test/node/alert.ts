/** What Alertmanager would send. Pure. */

interface Notification {
  groupLabels: Record<string, string>;
  commonLabels: Record<string, string>;
  groupKey: string;
  alerts: { labels: Record<string, string>; startsAt: string; fingerprint: string }[];
}

/** The shipped test alert, about this DaemonSet and firing since `now`. */
export function alertAbout(shipped: string, target: { namespace: string; name: string }, now: Date): string {
  const { namespace, name: daemonset } = target;
  const notification = JSON.parse(shipped) as Notification;
  return JSON.stringify({
    ...notification,
    groupKey: `{}:{namespace="${namespace}"}`,
    groupLabels: { ...notification.groupLabels, namespace },
    commonLabels: { ...notification.commonLabels, namespace, daemonset },
    alerts: notification.alerts.map((alert) => ({
      ...alert,
      labels: { ...alert.labels, namespace, daemonset },
      startsAt: now.toISOString(),
    })),
  });
}
