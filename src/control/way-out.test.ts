import { expect, it } from "vitest";
import { StatusError, TransportError } from "../kube/errors.ts";
import { withWayOut } from "./way-out.ts";

const status = (code: number) => new StatusError({ code, reason: "X", message: "refused" });

it.each<[string, unknown, RegExp]>([
  ["the CRDs are missing", status(404), /refused; install .*kubectl apply -f deploy\/crds/],
  ["no rights", status(403), /refused; give the server its rights/],
  ["no credentials", status(401), /refused; renew the credentials/],
  ["an error of the server says all by itself", status(500), /^refused$/],
  ["so does a lost connection", new TransportError("cannot reach"), /^cannot reach$/],
])("%s", (_, error, want) => expect(withWayOut(error)).toMatch(want));
