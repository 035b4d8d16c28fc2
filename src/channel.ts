/**
 * A channel is a bounded first-in, first-out queue with parked senders: Go's `chan`.
 *
 * An offer to a full channel parks its sender, in order, like a goroutine blocked on `ch <- v`; the sender is
 * told once its value has moved in. It is the sender that keeps the parked senders few: one that is parked
 * MUST NOT offer again until it is told.
 */

/** One that offers values to channels. */
export interface Sender {
  readonly id: string;
  /** The value that this sender had parked has moved into the channel. */
  unparked(): void;
}

/** What a tapped channel tells, for those who watch. */
export type ChannelTap<T> = (what: 'accepted' | 'parked' | 'unparked', value: T, sender: Sender) => void;

interface Parked<T> {
  readonly value: T;
  readonly sender: Sender;
}

export class Channel<T> {
  readonly name: string;
  readonly capacity: number;
  tap: ChannelTap<T> | undefined;
  readonly #wake: () => void;
  // A ring: the oldest value at #head, #depth values in all.
  readonly #ring: (T | undefined)[] = [];
  #head = 0;
  #depth = 0;
  // The parked in order, from #firstParked on; cleared away when all have moved in.
  #parked: (Parked<T> | undefined)[] = [];
  #firstParked = 0;

  /** @param wake called whenever a value was offered, so that the receiver comes to take it. */
  constructor(name: string, capacity: number, wake: () => void) {
    this.name = name;
    this.capacity = capacity;
    this.#wake = wake;
  }

  /** How many values are in the channel. */
  get depth(): number {
    return this.#depth;
  }

  /** The value that is taken next. */
  get oldest(): T | undefined {
    return this.#ring[this.#head];
  }

  /** How many senders are parked behind it. */
  get parked(): number {
    return this.#parked.length - this.#firstParked;
  }

  /** The ids of the parked senders, first come first. */
  parkedSenders(): string[] {
    return this.#parked.slice(this.#firstParked).map((parked) => parked?.sender.id ?? '');
  }

  /** @returns true when the value is in; false when it was parked, and the sender will be told. */
  offer(value: T, sender: Sender): boolean {
    const accepted = this.#depth < this.capacity;
    if (accepted) this.#push(value);
    else this.#parked.push({ value, sender });
    this.tap?.(accepted ? 'accepted' : 'parked', value, sender);
    this.#wake();
    return accepted;
  }

  /** Takes the oldest value, and lets the first parked sender's move in. */
  take(): T | undefined {
    if (this.#depth === 0) return undefined;
    const value = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.capacity;
    this.#depth -= 1;
    if (this.#parked.length > 0) this.#unpark();
    return value;
  }

  /** Forgets everything in it, and the parked senders with it. */
  clear(): void {
    this.#ring.length = 0;
    this.#head = 0;
    this.#depth = 0;
    this.#parked = [];
    this.#firstParked = 0;
  }

  #push(value: T): void {
    this.#ring[(this.#head + this.#depth) % this.capacity] = value;
    this.#depth += 1;
  }

  #unpark(): void {
    const first = this.#parked[this.#firstParked];
    this.#parked[this.#firstParked] = undefined;
    this.#firstParked += 1;
    if (this.#firstParked === this.#parked.length) {
      this.#parked = [];
      this.#firstParked = 0;
    } else if (this.#firstParked === this.capacity) {
      this.#parked.splice(0, this.#firstParked);
      this.#firstParked = 0;
    }
    if (first === undefined) return;
    this.#push(first.value);
    this.tap?.('unparked', first.value, first.sender);
    first.sender.unparked();
  }
}
