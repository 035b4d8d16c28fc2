/** What the server still keeps of a room, page by page. */
import type { ChatMessage } from '../../protocol.ts';

export interface History {
  readonly epoch: string;
  /** The oldest message that is kept. */
  readonly first: number;
  /** Oldest first. */
  readonly messages: readonly ChatMessage[];
}

const pageSize = 50;

/**
 * @param before the offset before which to read
 * @returns the last messages before it; none if the server knows nothing of the room
 * @throws where the server cannot be asked
 */
export async function historyBefore(room: string, before: number, signal: AbortSignal): Promise<History> {
  const url = new URL(`rooms/${encodeURIComponent(room)}/history`, location.href);
  url.search = new URLSearchParams({ before: String(before), limit: String(pageSize) }).toString();
  const answer = await fetch(url, { signal });
  if (answer.status === 404) return { epoch: '', first: 1, messages: [] };
  if (!answer.ok) throw new Error(`the history of ${room} was answered with ${answer.status}`);
  return (await answer.json()) as History;
}
