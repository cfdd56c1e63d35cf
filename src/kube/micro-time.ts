/** The time as Kubernetes' MicroTime (Lease.spec): RFC 3339 in UTC with exactly six fraction digits. */
export function formatMicroTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
