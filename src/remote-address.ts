/** The remote address of a request: its connection's own, or what proxies that are trusted say of it. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyaddr from '@fastify/proxy-addr';

/** @returns a reader of remote addresses that believes the `X-Forwarded-For` of these proxies, and of nobody else. */
export function remoteAddressReader(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = proxyaddr.compile([...trustedProxies]);
  return (request) => {
    const address = proxyaddr(request, isTrusted);
    // A header may say anything: what is no address is no key to count by.
    return isIP(address) > 0 ? address : (request.socket.remoteAddress ?? 'unknown');
  };
}

/** @returns why these cannot be the addresses and networks of proxies, or undefined where they can. */
export function untrustable(proxies: readonly string[]): string | undefined {
  for (const proxy of proxies) {
    try {
      proxyaddr.compile(proxy);
    } catch {
      return `"${proxy}" is not an address or a network such as 10.0.0.0/8, nor "loopback", "linklocal" or "uniquelocal"`;
    }
  }
  return undefined;
}
