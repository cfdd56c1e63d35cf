/** What is known of a release by its version. Pure. */

const oldestSupported = 27;

/** Whether the project supports it: 1.27 or newer. */
export function isSupported(version: string): boolean {
  return minorOf(version) >= oldestSupported;
}

/** Releases before 1.22 open ports without TLS unless told not to, and come with an etcd that knows sockets by another form. */
export function hasPlainPorts(version: string): boolean {
  return minorOf(version) < 22;
}

/** 35 for "v1.35.4". Whatever is no version is older than everything. */
function minorOf(version: string): number {
  const [, major = "0", minor = "0"] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 1 ? Number.POSITIVE_INFINITY : Number(minor);
}
