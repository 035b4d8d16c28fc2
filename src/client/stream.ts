/** A stream gives a room's messages to one `for await` loop, and keeps those that come while the loop is busy. */
import type { ChatMessage, Room } from './api.ts';
import { RoomError } from './errors.ts';
import * as limits from './limits.ts';

/**
 * Begins with the loop, and ends with the room.
 * @throws {RoomError} `too_slow` where a loop fell too far behind, once it has had what was kept: nothing is left out in silence.
 */
export async function* messagesOf(room: Room): AsyncGenerator<ChatMessage, void, undefined> {
  const kept: ChatMessage[] = [];
  let missed = 0;
  let wake: (() => void) | undefined;
  const offs = [
    room.on('message', (message) => {
      if (kept.length === limits.iteratorBuffer || missed > 0) missed += 1;
      else kept.push(message);
      wake?.();
    }),
    room.on('state', () => wake?.()),
  ];
  try {
    for (;;) {
      for (let next = kept.shift(); next !== undefined; next = kept.shift()) yield next;
      if (missed > 0) throw new RoomError('too_slow', `the loop is ${missed} messages too far behind`);
      if (room.state.status === 'closed') return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    for (const off of offs) off();
  }
}
