/**
 * A sparing fetch leaves connections for what is asked and said. By HTTP/1.1 a browser has six to one server, for all its
 * tabs: where rooms are heard by streams and polls that hang, a few of them would take all there are, and nothing could
 * be sent any more. So one of this page's rooms may hang, and the others poll every now and then.
 */
import type { Fetch } from '../../client/index.ts';

/** How many of the page's rooms may hold a connection. */
const mostHanging = 1;

/** Time between the polls of a room that may not. */
const pauseMs = 2_000;

/** Those that may, each by the signal that ends its connection. */
const hanging = new Set<AbortSignal>();

export const sparingFetch: Fetch = async (address, settings) => {
  const { signal } = settings;
  const url = new URL(address);
  const [, way] = /\/(sse|poll)\/[^/]*$/.exec(url.pathname) ?? [];
  if (way === undefined || mayHang(signal)) return fetch(url, settings);
  // The client goes on to polls then.
  if (way === 'sse') throw new TypeError('there is no connection to spare for a stream');
  if (url.searchParams.has('connection')) await pause(signal);
  url.searchParams.set('wait', '0');
  return fetch(url, settings);
};

function mayHang(signal: AbortSignal): boolean {
  if (hanging.has(signal)) return true;
  if (signal.aborted || hanging.size >= mostHanging) return false;
  hanging.add(signal);
  signal.addEventListener('abort', () => hanging.delete(signal), { once: true });
  return true;
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, pauseMs);
    signal.addEventListener('abort', end);
  });
}
