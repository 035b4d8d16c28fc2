/** The URLs of a room on a server, for each transport. */
import type { Destination } from '../socket.ts';

type Query = Readonly<Record<string, string | number | undefined>>;

/** @returns such as `https://chat.example/sse/tea?name=Ann&after=7&epoch=…`. */
export function roomUrl(path: 'ws' | 'sse' | 'poll', destination: Destination, more: Query = {}): string {
  const { base, room, name, after } = destination;
  const query = new URLSearchParams();
  const all: Query = { name, after: after?.offset, epoch: after?.epoch, ...more };
  for (const [key, value] of Object.entries(all)) if (value !== undefined) query.set(key, String(value));
  return `${base}/${path}/${encodeURIComponent(room)}?${query.toString()}`;
}

/** @returns where a room's messages are posted to. */
export function messagesUrl({ base, room }: Destination): string {
  return `${base}/rooms/${encodeURIComponent(room)}/messages`;
}
