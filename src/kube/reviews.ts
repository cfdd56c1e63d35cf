/** The questions an API server answers and does not store: whose token is this, who may do that, who am I. */
import { isForbidden, isNotFound } from "./errors.ts";
import type { CallOptions, Kube } from "./types.ts";

/** A user as authentication.k8s.io knows them. */
export interface UserInfo {
  username: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** What somebody wants to do with objects of one kind. `name` is left out where it is about all of them. */
export interface AccessRequest {
  verb: string;
  group: string;
  resource: string;
  namespace: string;
  name?: string;
}

/** The user of a bearer token; undefined when the API server does not accept it (TokenReview). */
export async function userOfToken(kube: Kube, token: string, options?: CallOptions): Promise<UserInfo | undefined> {
  const review = await kube.post<{ status?: { authenticated?: boolean; user?: Partial<UserInfo> } }>(
    "/apis/authentication.k8s.io/v1/tokenreviews",
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } },
    options,
  );
  const { authenticated, user } = review.status ?? {};
  if (authenticated !== true || user?.username === undefined || user.username === "") return undefined;
  return { ...user, username: user.username };
}

/** Whether the API server's authorizers allow it (SubjectAccessReview). */
export async function isAllowed(
  kube: Kube,
  { username, uid, groups, extra }: UserInfo,
  access: AccessRequest,
  options?: CallOptions,
): Promise<boolean> {
  const spec = { user: username, uid, groups, extra, resourceAttributes: access };
  const review = await kube.post<{ status?: { allowed?: boolean } }>(
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec },
    options,
  );
  return review.status?.allowed === true;
}

/** Who these credentials are (SelfSubjectReview: v1 since Kubernetes 1.28, v1beta1 in 1.27); undefined where nobody says. */
export async function whoAmI(kube: Kube): Promise<string | undefined> {
  for (const version of ["v1", "v1beta1"]) {
    try {
      const review = await kube.post<{ status?: { userInfo?: { username?: string } } }>(
        `/apis/authentication.k8s.io/${version}/selfsubjectreviews`,
        { apiVersion: `authentication.k8s.io/${version}`, kind: "SelfSubjectReview" },
      );
      return review.status?.userInfo?.username || undefined;
    } catch (error) {
      if (!isNotFound(error) && !isForbidden(error)) throw error;
    }
  }
  return undefined;
}
