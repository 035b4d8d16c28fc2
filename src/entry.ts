/** An entry is a message with its place in its room's log: its text is made once, however many hear it and come back. */
import { chatTextOf } from './messages.ts';

export interface Entry {
  readonly room: string;
  readonly offset: number;
  /** The `chat` as the text of one frame. */
  readonly text: string;
}

/** Makes an entry of what a log outside this process has of a message; nothing of it is parsed. */
export function storedEntry(room: string, stored: string, offset: number): Entry {
  return { room, offset, text: chatTextOf(stored, offset) };
}
