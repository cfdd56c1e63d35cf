import type { Address } from "../http/server.ts";

/** `:8080`, `127.0.0.1:8080`, `localhost:0` or `[::1]:8080`; undefined when it is none of these. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits = ""] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) return undefined;
  return { host: bracketed ?? plain ?? "", port };
}
