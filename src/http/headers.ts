/** The headers that keep pages from doing what they should not: for every answer, whatever it is. */
import type { FastifyHelmetOptions } from '@fastify/helmet';

/** @param frames what a page may show in a frame: nothing unless given */
export function headers(frames?: string): FastifyHelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        ...(frames === undefined ? {} : { frameSrc: [frames] }),
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Whether the host is to be reached by TLS alone is for the proxy that ends TLS to say.
    strictTransportSecurity: false,
  };
}
