/**
 * Offsets watches the numbers of the messages that one member sees in its room: within one epoch they are
 * consecutive, so a gap is messages lost, and a number that is not new is a message duplicated.
 */
export class Offsets {
  #last: number;

  /** @param last the room's offset when the member came, as its welcome said. */
  constructor(last: number) {
    this.#last = last;
  }

  /** @returns how many messages were lost just before this one: 0 when it is the next, -1 when it is a duplicate. */
  see(offset: number): number {
    if (offset <= this.#last) return -1;
    const lost = offset - this.#last - 1;
    this.#last = offset;
    return lost;
  }
}
