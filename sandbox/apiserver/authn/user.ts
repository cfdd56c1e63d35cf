/** Who a request comes from, as authentication sees it and authorization, audit and reviews use it. */
export interface User {
  name: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** Every known user is in system:authenticated, ServiceAccounts in their two groups as well. */
export function withStandardGroups(user: User): User {
  const groups = [...user.groups];
  const account = serviceAccountOf(user.name);
  if (account !== undefined) groups.push("system:serviceaccounts", `system:serviceaccounts:${account.namespace}`);
  groups.push("system:authenticated");
  return { ...user, groups: [...new Set(groups)] };
}

/** The ServiceAccount behind `system:serviceaccount:<namespace>:<name>`. */
export function serviceAccountOf(name: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  return match === null ? undefined : { namespace: match[1] ?? "", name: match[2] ?? "" };
}

export const anonymous: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };
