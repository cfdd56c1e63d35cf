/** The HTTP surface (CONTRACT §1). Every route is here; what they do is elsewhere. */
import { Hono } from "hono";
import type { Receiver } from "../control/receive.ts";
import { authorise } from "../intake/auth.ts";
import { createByteBudget } from "../intake/body.ts";
import { errorText } from "../reporting/log.ts";
import { addApprovals } from "./approvals.ts";
import { listJobs } from "./jobs.ts";
import type { AppOptions } from "./options.ts";
import type { DeliveryLoad } from "./post-alerts.ts";
import { postAlerts } from "./post-alerts.ts";
import { addRoutes } from "./routes.ts";

/** 16 MiB of webhook bodies at once (one, where one may be larger), which become several times that when read. */
const BODIES_IN_MEMORY = 16 * 1024 * 1024;
/** Kubelets have no password; everybody else is asked for one, for reads too. */
const PROBES = new Set(["/healthz", "/readiness", "/startupz"]);

/** The application of one server; `app.request` drives it without a socket. */
export function createApp(options: AppOptions): Hono {
  const { receiver, auth } = options;
  const { log, metrics } = receiver.context;
  const budget = createByteBudget(Math.max(BODIES_IN_MEMORY, options.maxBodyBytes));
  const load: DeliveryLoad = { budget, inFlight: 0 };
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    // The next request of this sender belongs to a replica that stays.
    if (options.isStopping()) context.header("Connection", "close");
  });
  // Before the check of the webhook's secret: people bring a token of the cluster instead.
  addApprovals(app, options, budget);
  app.use(async (context, next) => {
    if (PROBES.has(context.req.path)) return next();
    const settings = options.secrets && auth.method !== "none" ? { ...auth, secrets: await options.secrets() } : auth;
    const verdict = authorise(settings, context.req.header("authorization"));
    if (verdict.kind === "allowed") return next();
    context.header("WWW-Authenticate", verdict.challenge);
    return context.json({ error: `authentication required (${auth.method})` }, 401);
  });
  addRoutes(app, {
    "/alerts": { GET: () => Response.json("OK"), POST: ({ raw }) => postAlerts(options, load, raw) },
    "/alertStore": { GET: ({ raw }) => searchAlerts(receiver, raw) },
    "/api/alerts": { GET: ({ raw }) => searchAlerts(receiver, raw) },
    "/api/jobs": { GET: () => listJobs(receiver.catalog) },
    "/api/about": { GET: () => Response.json(options.about) },
    "/metrics": { GET: () => metricsText(receiver) },
    "/healthz": { GET: () => new Response("ok") },
    "/readiness": { GET: () => readiness(options) },
    "/startupz": { GET: () => readiness(options) },
  });
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

function readiness({ isReady, isStopping }: AppOptions): Response {
  if (isStopping()) return new Response("stopping", { status: 503 });
  return isReady() ? new Response("ok") : new Response("starting", { status: 503 });
}
