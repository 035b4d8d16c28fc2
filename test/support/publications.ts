/** Entries made of publications, and read back. */
import type { Publication } from '../../src/broker.ts';
import type { Entry } from '../../src/entry.ts';
import { chatText } from '../../src/messages.ts';
import type { ChatMessage } from '../../src/protocol.ts';

export function entryOf(publication: Publication, offset: number): Entry {
  return { room: publication.room, offset, text: chatText(publication, offset) };
}

export function publicationIn({ text }: Entry): Publication {
  const { id, room, sender, content, timestamp } = JSON.parse(text) as ChatMessage;
  return { id, room, sender, content, timestamp };
}
