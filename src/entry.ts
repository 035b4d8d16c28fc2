/** An entry is a message with its place in its room's log; its text is made once, however many hear it and come back. */
import type { Publication } from './broker.ts';
import { chatText, chatTextOf, publicationOf } from './messages.ts';

export class Entry {
  readonly room: string;
  readonly offset: number;
  #publication: Publication | undefined;
  #text: string | undefined;

  constructor(publication: Publication, offset: number);
  constructor(publication: undefined, offset: number, room: string, text: string);
  constructor(publication: Publication | undefined, offset: number, room?: string, text?: string) {
    this.room = publication?.room ?? room ?? '';
    this.offset = offset;
    this.#publication = publication;
    this.#text = text;
  }

  /** Makes an entry of what a log outside this process has of a message; nothing of it is parsed unless it is asked for. */
  static stored(room: string, stored: string, offset: number): Entry {
    return new Entry(undefined, offset, room, chatTextOf(stored, offset));
  }

  get publication(): Publication {
    return (this.#publication ??= publicationOf(this.text));
  }

  /** The `chat` as the text of one frame. */
  get text(): string {
    return (this.#text ??= chatText(this.publication, this.offset));
  }
}
