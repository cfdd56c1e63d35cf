import type { Hono, HonoRequest } from "hono";

type Handler = (request: HonoRequest) => Response | Promise<Response>;

/** Path, then method. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

/** Adds the routes; what a path does not allow is answered with 405 and what it does allow. */
export function addRoutes(app: Hono, routes: Routes): void {
  for (const [path, methods] of Object.entries(routes)) {
    for (const [method, handler] of Object.entries(methods)) app.on(method, path, ({ req }) => handler(req));
    const allow = Object.keys(methods).join(", ");
    app.all(path, (context) => {
      context.header("Allow", allow);
      return context.json({ error: `${context.req.method} is not allowed on ${path}; allowed: ${allow}` }, 405);
    });
  }
}
