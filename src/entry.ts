/** An entry is a message with its place in its room's log; its text is made once, however many hear it and come back. */
import type { Publication } from './broker.ts';
import { chatText } from './messages.ts';

export class Entry {
  readonly publication: Publication;
  readonly offset: number;
  #text: string | undefined;

  constructor(publication: Publication, offset: number) {
    this.publication = publication;
    this.offset = offset;
  }

  /** The `chat` as the text of one frame. */
  get text(): string {
    return (this.#text ??= chatText(this.publication, this.offset));
  }
}
