/** Reads back what an entry says. */
import type { Publication } from '../../src/broker.ts';
import type { Entry } from '../../src/entry.ts';
import type { ChatMessage } from '../../src/protocol.ts';

export function publicationIn({ text }: Entry): Publication {
  const { id, room, sender, content, timestamp } = JSON.parse(text) as ChatMessage;
  return { id, room, sender, content, timestamp };
}
