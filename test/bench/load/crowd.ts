/**
 * A crowd is the members that a load generator holds on one server, the rooms they are dealt out to, and the
 * counts of what reaches them.
 */
import type { OpenInput, OpenOutput } from '../ipc/calls.ts';
import { stampAt } from './content.ts';
import { dialects } from './dialects.ts';
import { Latency } from './latency.ts';
import { Member, type MemberListener } from './member.ts';

/** The members that are still to be connected, and who waits for them. */
interface Opening {
  underWay: number;
  ready: number;
  resolve(): void;
  reject(reason: Error): void;
}

export class Crowd implements MemberListener {
  readonly input: OpenInput;
  /** Chat messages that reached a member. */
  deliveries = 0;
  /** Other messages that did: welcomes and presence. */
  others = 0;
  /** Members that the server has closed. */
  closed = 0;
  /** Where the latencies of stamped messages go. */
  latency = new Latency();
  /** Bytes that reached members once they were in. */
  bytes = 0;
  /** Told of the delivery with this number. */
  onDelivery: { readonly number: number; tell(): void } | undefined;
  /** Told when so many of a sender's own messages have come back to it. */
  onReturned: ((member: Member, count: number) => void) | undefined;

  readonly #members: Member[] = [];
  readonly #roomSizes = new Map<string, number>();
  readonly #handshakes = new Latency();
  #opening: Opening | undefined;

  constructor(input: OpenInput) {
    this.input = input;
  }

  /**
   * Connects the members and waits until all of them are in their rooms.
   * @throws Error when one of them is refused.
   */
  async open(): Promise<OpenOutput> {
    const startedMs = performance.now();
    const cpuBefore = process.cpuUsage();
    await new Promise<void>((resolve, reject) => {
      this.#opening = { underWay: 0, ready: 0, resolve, reject };
      this.#connectMore(this.#opening);
    });
    this.#opening = undefined;
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      seconds: (performance.now() - startedMs) / 1_000,
      handshake: this.#handshakes.percentiles(),
      cpuUs: user + system,
    };
  }

  #connectMore(opening: Opening): void {
    while (opening.underWay < this.input.concurrency && this.#members.length < this.input.members) {
      opening.underWay += 1;
      this.#members.push(this.#connect(this.#members.length));
    }
  }

  #connect(index: number): Member {
    const { dialect, ports, rooms, firstRoom, localAddress, compress } = this.input;
    // Rooms' names are all of one length, so that contents are always in the same place.
    const room = `room-${String(firstRoom + (index % rooms)).padStart(5, '0')}`;
    this.#roomSizes.set(room, this.sizeOf(room) + 1);
    const port = ports[Math.floor(index / rooms) % ports.length] ?? 0;
    return new Member({ dialect: dialects[dialect], port, localAddress, room, index, compress }, this);
  }

  /** @returns how many members are, or were, in this room. */
  sizeOf(room: string): number {
    return this.#roomSizes.get(room) ?? 0;
  }

  get connected(): number {
    return this.#members.length - this.closed;
  }

  /** @returns the first so many members, who from now on hear of their own messages. */
  senders(count: number): readonly Member[] {
    const senders = this.#members.slice(0, count);
    for (const sender of senders) sender.sends = true;
    return senders;
  }

  /** Connects one more member, into the first one's room, that counts for nothing. */
  addGuest(listener: MemberListener): Member {
    const { dialect, ports, localAddress } = this.input;
    const [port = 0] = ports;
    const room = this.#members[0]?.room ?? '';
    return new Member(
      { dialect: dialects[dialect], port, localAddress, room, index: 99_999, compress: false },
      listener,
    );
  }

  /** Resets every member. */
  leave(): void {
    for (const member of this.#members) member.reset();
  }

  upgraded(member: Member): void {
    this.#handshakes.add(performance.now() - member.startedMs);
  }

  ready(): void {
    if (this.#opening === undefined) return;
    this.#opening.underWay -= 1;
    this.#opening.ready += 1;
    if (this.#opening.ready === this.input.members) this.#opening.resolve();
    else this.#connectMore(this.#opening);
  }

  read(bytes: number): void {
    this.bytes += bytes;
  }

  delivered(): void {
    this.deliveries += 1;
    if (this.onDelivery?.number === this.deliveries) this.onDelivery.tell();
  }

  stamped(bytes: Buffer, contentAt: number): void {
    this.latency.add(performance.now() - stampAt(bytes, contentAt) / 1_000);
  }

  returned(member: Member, count: number): void {
    this.onReturned?.(member, count);
  }

  other(): void {
    this.others += 1;
  }

  gone(member: Member, reason: string): void {
    if (this.#opening !== undefined) this.#opening.reject(new Error(`member ${member.index}: ${reason}`));
    if (this.closed === 0) console.error(`member ${member.index} of ${this.input.dialect}: ${reason}`);
    this.closed += 1;
  }
}
