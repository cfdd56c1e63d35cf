/** Questions that are answered and not stored: who am I, may I, whose token is this. */
import type { User } from "../authn/user.ts";
import { withStandardGroups } from "../authn/user.ts";
import type { Attributes, PolicyRule } from "../authz/rbac.ts";
import { parseObject } from "../http/body.ts";
import { asList, asMap, asString, timestamp } from "../object.ts";
import type { ReviewInfo } from "../registry/groups.ts";
import { badRequest, noSuchPath } from "../status.ts";
import type { Answer, Call } from "./context.ts";

type Fields = Record<string, unknown>;

/** A review request: there is no resource behind it. */
export type ReviewCall = Omit<Call, "resource"> & { review: ReviewInfo };

function attributesOf(spec: Fields, user: User, namespace: string): Attributes {
  const resource = spec.resourceAttributes;
  const other = spec.nonResourceAttributes;
  if ((resource === undefined) === (other === undefined)) {
    throw badRequest(
      "spec: Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified",
    );
  }
  const none = { user, group: "", resource: "", subresource: "", namespace: "", name: "" };
  if (resource === undefined) return { ...none, verb: asString(asMap(other).verb), path: asString(asMap(other).path) };
  const fields = asMap(resource);
  return {
    user,
    verb: asString(fields.verb),
    group: asString(fields.group),
    resource: asString(fields.resource),
    subresource: asString(fields.subresource),
    namespace: asString(fields.namespace) || namespace,
    name: asString(fields.name),
  };
}

function accessReview(call: ReviewCall, spec: Fields, user: User): Fields {
  const rule = call.backend.authorizer.allowing(attributesOf(spec, user, call.info.namespace));
  if (rule === undefined) return { allowed: false };
  return { allowed: true, ...(rule.source === undefined ? {} : { reason: `RBAC: allowed by ${rule.source}` }) };
}

function rulesReview(call: ReviewCall, spec: Fields): Fields {
  const rules = call.backend.authorizer.rules(call.user, asString(spec.namespace));
  const isResource = (rule: PolicyRule) => rule.nonResourceURLs.length === 0;
  return {
    resourceRules: rules.filter(isResource).map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames.length > 0 ? { resourceNames } : {}),
    })),
    nonResourceRules: rules
      .filter((rule) => !isResource(rule))
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function userInfo(user: User): Fields {
  const { name, uid, groups, extra } = user;
  return { username: name, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
}

function tokenReview(call: ReviewCall, spec: Fields): Fields {
  const audiences = asList(spec.audiences).map(asString);
  const user = call.backend.authenticator.userOfToken(
    asString(spec.token),
    audiences.length > 0 ? audiences : undefined,
  );
  if (user === undefined) return { authenticated: false, error: "[invalid bearer token]" };
  return {
    authenticated: true,
    user: userInfo(user),
    audiences: audiences.length > 0 ? audiences : [call.backend.tokens.issuer],
  };
}

function otherUser(spec: Fields): User {
  const name = asString(spec.user);
  const groups = asList(spec.groups).map(asString);
  if (name === "" && groups.length === 0)
    throw badRequest("spec.user: Invalid value: at least one of user or group must be specified");
  return name.startsWith("system:serviceaccount:") ? withStandardGroups({ name, groups }) : { name, groups };
}

function statusOf(call: ReviewCall, spec: Fields): Fields {
  switch (call.review.kind) {
    case "SelfSubjectAccessReview":
      return accessReview(call, spec, call.user);
    case "SubjectAccessReview":
    case "LocalSubjectAccessReview":
      return accessReview(call, spec, otherUser(spec));
    case "SelfSubjectRulesReview":
      return rulesReview(call, spec);
    case "TokenReview":
      return tokenReview(call, spec);
    case "SelfSubjectReview":
      return { userInfo: userInfo(call.user) };
    default:
      throw noSuchPath();
  }
}

/** Errors: 400. */
export function answerReview(call: ReviewCall): Answer {
  const body = parseObject(call.body, call.contentType, call.review.kind);
  const spec = asMap(body.spec);
  const { kind, group, version } = call.review;
  return {
    code: 201,
    body: {
      kind,
      apiVersion: `${group}/${version}`,
      metadata: { creationTimestamp: timestamp() },
      ...(kind === "SelfSubjectReview" ? {} : { spec }),
      status: statusOf(call, spec),
    },
  };
}
