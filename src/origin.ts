/** The origin check: which pages may open a connection from a browser (RFC 6455 section 10.2). */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * A request without an Origin comes from no browser and may pass; a browser's page may be the server's own, or of
 * one of the origins allowed, which are compared whole: a prefix is another site.
 */
export function isOriginAllowed(headers: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  // Behind a proxy that ends TLS the scheme is not ours to know, so hosts are compared.
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}
