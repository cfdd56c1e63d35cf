/** Impersonation: `kubectl --as`. */
import type { IncomingHttpHeaders } from "node:http";
import type { Attributes, Authorizer } from "../authz/rbac.ts";
import { refusal } from "../authz/rbac.ts";
import { badRequest, forbidden } from "../status.ts";
import type { User } from "./user.ts";
import { serviceAccountOf, withStandardGroups } from "./user.ts";

interface Subject {
  group: string;
  resource: "users" | "groups" | "serviceaccounts";
  namespace: string;
  name: string;
}

function subjectOf(name: string): Subject {
  const account = serviceAccountOf(name);
  if (account === undefined) return { group: "", resource: "users", namespace: "", name };
  return { group: "", resource: "serviceaccounts", ...account };
}

/** Node gives repeated headers of this kind joined by a comma. */
function groupsOf(header: string | string[] | undefined): string[] {
  return (Array.isArray(header) ? header : (header ?? "").split(","))
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/**
 * The user that the request wants to act as; the caller itself without such a wish.
 * Errors: 400 for groups without a user, 403 unless RBAC lets the caller impersonate each of them.
 */
export function impersonate(caller: User, headers: IncomingHttpHeaders, authorizer: Authorizer): User {
  const name = headers["impersonate-user"];
  const groups = groupsOf(headers["impersonate-group"]);
  if (name === undefined || name === "") {
    if (groups.length > 0) throw badRequest("requested groups without impersonating a user");
    return caller;
  }
  const wanted = String(name);
  const subjects: Subject[] = [
    subjectOf(wanted),
    ...groups.map((group): Subject => ({ group: "", resource: "groups", namespace: "", name: group })),
  ];
  for (const subject of subjects) {
    const attributes: Attributes = { user: caller, verb: "impersonate", subresource: "", ...subject };
    if (!authorizer.allows(attributes))
      throw forbidden({ group: "", plural: subject.resource }, subject.name, refusal(attributes));
  }
  return withStandardGroups({ name: wanted, groups });
}
