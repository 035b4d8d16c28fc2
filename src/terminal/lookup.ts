/** The lookup asks a server over HTTP what the terminal client shows beside the conversation. */
import type { ChatMessage } from '../protocol.ts';

/** A server that does not answer within this is not asked again by itself. */
const patienceMs = 10_000;

export interface RoomSummary {
  readonly name: string;
  readonly members: number;
}

export class Lookup {
  readonly #base: URL;

  /** @param url of the server, as `http:` or `ws:` */
  constructor(url: string | URL) {
    const base = new URL(url);
    base.protocol = base.protocol.replace('ws', 'http');
    if (!base.pathname.endsWith('/')) base.pathname += '/';
    this.#base = base;
  }

  /** The rooms that there are, the fullest first. @throws Error where the server does not say. */
  async rooms(): Promise<readonly RoomSummary[]> {
    const { rooms } = (await this.#get('rooms')) as { rooms: readonly RoomSummary[] };
    return rooms;
  }

  /** The names of those who are in a room. @throws Error where the server does not say. */
  async members(room: string): Promise<readonly string[]> {
    const { names } = (await this.#get(`rooms/${encodeURIComponent(room)}`)) as { names: readonly string[] };
    return names;
  }

  /** The last messages of a room up to an offset. @throws Error where the server does not say. */
  async lastMessages(room: string, upTo: number, limit: number): Promise<readonly ChatMessage[]> {
    const path = `rooms/${encodeURIComponent(room)}/history?before=${upTo + 1}&limit=${limit}`;
    const { messages } = (await this.#get(path)) as { messages: readonly ChatMessage[] };
    return messages;
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(new URL(path, this.#base), { signal: AbortSignal.timeout(patienceMs) });
    const body: unknown = await answer.json();
    if (answer.ok) return body;
    throw new Error((body as { error?: string }).error ?? `${answer.status} ${answer.statusText}`);
  }
}
