/** The HTTP surface (CONTRACT §1). Every route is here; what they do is elsewhere. */
import { Hono } from "hono";
import type { Receiver } from "../control/receive.ts";
import { authorise } from "../intake/auth.ts";
import { createByteBudget } from "../intake/body.ts";
import { errorText } from "../reporting/log.ts";
import { listJobs } from "./jobs.ts";
import type { AppOptions } from "./options.ts";
import { postAlerts } from "./post-alerts.ts";

/** 16 MiB of webhook bodies at once, which become several times that when read; more are asked to come back. */
const BODIES_IN_MEMORY = 16 * 1024 * 1024;
/** Kubelets have no password; everybody else is asked for one, for reads too. */
const PROBES = new Set(["/healthz", "/readiness", "/startupz"]);

/** The application of one server; `app.request` drives it without a socket. */
export function createApp(options: AppOptions): Hono {
  const { receiver, auth } = options;
  const { log, metrics } = receiver.context;
  const budget = createByteBudget(BODIES_IN_MEMORY);
  const app = new Hono();
  app.use(async (context, next) => {
    if (PROBES.has(context.req.path)) return next();
    const verdict = authorise(auth, context.req.header("authorization"));
    if (verdict.kind === "allowed") return next();
    context.header("WWW-Authenticate", verdict.challenge);
    return context.json({ error: `authentication required (${auth.method})` }, 401);
  });
  const routes = {
    "/alerts": { GET: () => Response.json("OK"), POST: (request: Request) => postAlerts(options, budget, request) },
    "/alertStore": { GET: (request: Request) => searchAlerts(receiver, request) },
    "/api/alerts": { GET: (request: Request) => searchAlerts(receiver, request) },
    "/api/jobs": { GET: () => listJobs(receiver.catalog) },
    "/api/about": { GET: () => Response.json(options.about) },
    "/metrics": { GET: () => metricsText(receiver) },
    "/healthz": { GET: () => new Response("ok") },
    "/readiness": { GET: () => readiness(options) },
    "/startupz": { GET: () => readiness(options) },
  } satisfies Record<string, Record<string, (request: Request) => Response | Promise<Response>>>;
  for (const [path, methods] of Object.entries(routes)) {
    for (const [method, handler] of Object.entries(methods)) app.on(method, path, ({ req }) => handler(req.raw));
    const allow = Object.keys(methods).join(", ");
    app.all(path, (context) => {
      context.header("Allow", allow);
      return context.json({ error: `${context.req.method} is not allowed on ${path}; allowed: ${allow}` }, 405);
    });
  }
  app.notFound((context) => context.json({ error: `there is nothing at ${context.req.path}` }, 404));
  app.onError((error, context) => {
    log.error({ error: errorText(error), path: context.req.path }, "a request failed");
    metrics.deliveries.inc({ code: "500" });
    return context.json({ error: "internal error; the log has the details" }, 500);
  });
  return app;
}

function searchAlerts(receiver: Receiver, request: Request): Response {
  return Response.json(receiver.store.search(new URL(request.url).searchParams.get("q") ?? ""));
}

async function metricsText({ context }: Receiver): Promise<Response> {
  const { registry } = context.metrics;
  return new Response(await registry.metrics(), { headers: { "Content-Type": registry.contentType } });
}

function readiness({ isReady }: AppOptions): Response {
  return isReady() ? new Response("ok") : new Response("starting", { status: 503 });
}
