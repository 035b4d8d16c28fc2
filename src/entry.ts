/** An entry is a message with its place in its room's log: its text is made once, however many hear it and come back. */
import type { Publication } from './broker.ts';
import { chatText, chatTextOf } from './messages.ts';

export interface Entry {
  readonly room: string;
  readonly offset: number;
  /** The `chat` as the text of one frame. */
  readonly text: string;
}

/** Gives a publication its place. */
export function entryOf(publication: Publication, offset: number): Entry {
  return { room: publication.room, offset, text: chatText(publication, offset) };
}

/** Makes an entry of what a log outside this process has of a message; nothing of it is parsed. */
export function storedEntry(room: string, stored: string, offset: number): Entry {
  return { room, offset, text: chatTextOf(stored, offset) };
}
