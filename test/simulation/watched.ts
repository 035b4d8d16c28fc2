/** What the server is given in a simulation is watched: a socket and a broker that see whether their contracts are kept. */
import type { Encoding } from '../../src/batch.ts';
import type {
  Broker,
  BrokerListener,
  Elsewhere,
  History,
  HistoryRange,
  Member,
  Publication,
  Unavailable,
} from '../../src/broker.ts';
import type { Socket, SocketListener } from '../../src/socket.ts';
import type { Ledger } from './ledger.ts';
import type { Minutes } from './minutes.ts';

export interface WatchedSocketOptions {
  readonly name: string;
  readonly socket: Socket;
  readonly minutes: Minutes;
  /** Whether the server has been waiting to be let go on since an earlier moment, and so must not be reading. */
  readonly isWaiting: () => boolean;
}

export class WatchedSocket implements Socket {
  readonly transport = 'memory';
  readonly remoteAddress: string;
  readonly encoding: Encoding;
  readonly #name: string;
  readonly #socket: Socket;
  readonly #minutes: Minutes;
  readonly #isWaiting: () => boolean;
  #hasListener = false;
  // Whether the last write came before the one before it was taken, as only the last one before a goodbye may.
  #isHasty = false;
  // Whether the server takes no more messages: then it reads all the same, to hear the end.
  #isStopped = false;
  #isClosing = false;
  #isClosed = false;

  constructor({ name, socket, minutes, isWaiting }: WatchedSocketOptions) {
    this.#name = name;
    this.#socket = socket;
    this.#minutes = minutes;
    this.#isWaiting = isWaiting;
    this.remoteAddress = socket.remoteAddress;
    this.encoding = socket.encoding;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  /** Whether it is closed and nobody listens to it any more. */
  get isSilent(): boolean {
    return this.#isClosed && !this.#hasListener;
  }

  listen(listener: SocketListener | undefined): void {
    this.#hasListener = listener !== undefined;
    this.#socket.listen(listener === undefined ? undefined : this.#watch(listener));
  }

  send(bytes: Buffer): void {
    if (this.#isClosing) this.#breaks('is written to after the goodbye');
    if (this.#isHasty) this.#breaks('is written to before the last write was taken');
    this.#isHasty = this.bufferedBytes > 0;
    this.#socket.send(bytes);
  }

  ping(): void {
    if (this.#isClosing) this.#breaks('is pinged after the goodbye');
    if (this.#isHasty) this.#breaks('was written to before the last write was taken');
    this.#socket.ping();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#isWaiting()) this.#isStopped = true;
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) this.#breaks('is closed twice');
    this.#isClosing = true;
    this.#minutes.note(this.#name, () => `is sent the goodbye ${code} ${reason}`);
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#minutes.note(this.#name, () => 'is terminated');
    this.#socket.terminate();
  }

  #watch(listener: SocketListener): SocketListener {
    return {
      frame: (data, isBinary) => {
        if (this.#isWaiting() && !this.#isStopped) this.#breaks('is read from while the server waits');
        listener.frame(data, isBinary);
      },
      pinged: () => listener.pinged(),
      pong: () => listener.pong(),
      drained: () => listener.drained(),
      failed: (code, reason) => listener.failed(code, reason),
      closed: (code, reason) => {
        this.#isClosed = true;
        listener.closed(code, reason);
      },
    };
  }

  #breaks(rule: string): void {
    this.#minutes.breaks(`the socket of ${this.#name} ${rule}`);
  }
}

export interface WatchedBrokerOptions {
  readonly broker: Broker;
  readonly ledger: Ledger;
  readonly minutes: Minutes;
  /** Whether the hub has let a client into a room. */
  readonly isMember: (name: string, room: string) => boolean;
}

export class WatchedBroker implements Broker {
  readonly outlivesServer: boolean;
  readonly answersAtOnce: boolean;
  readonly limitsRooms: boolean;
  /** The rooms that are subscribed, with their epochs. */
  readonly rooms = new Map<string, string>();
  /** How many messages were published. */
  published = 0;
  /** How many of those that were to be numbered have not been. */
  due = 0;
  readonly #broker: Broker;
  readonly #ledger: Ledger;
  readonly #minutes: Minutes;
  readonly #isMember: (name: string, room: string) => boolean;

  constructor({ broker, ledger, minutes, isMember }: WatchedBrokerOptions) {
    this.#isMember = isMember;
    this.#broker = broker;
    this.outlivesServer = broker.outlivesServer;
    this.answersAtOnce = broker.answersAtOnce;
    this.limitsRooms = broker.limitsRooms;
    this.#ledger = ledger;
    this.#minutes = minutes;
  }

  get window(): number {
    return this.#broker.window;
  }

  listen(listener: BrokerListener): void {
    this.#broker.listen({
      subscribed: (room, position) => {
        this.rooms.set(room, position.epoch);
        listener.subscribed(room, position);
      },
      unavailable: (room) => listener.unavailable(room),
      message: (entry) => listener.message(entry),
      published: (publication, position) => {
        const { room, content } = publication;
        this.due -= 1;
        this.#ledger.numbered(room, position, content);
        this.#minutes.note(room, () => `numbers ${content.trim()} as ${position.offset}`);
        listener.published(publication, position);
      },
      refused: (publication) => {
        this.due -= 1;
        this.#minutes.note(publication.room, () => `refuses ${publication.content.trim()}`);
        listener.refused(publication);
      },
      limited: (publication, retryAfterMs) => {
        this.due -= 1;
        listener.limited(publication, retryAfterMs);
      },
      moved: (room, movement) => listener.moved(room, movement),
      reopened: () => listener.reopened(),
    });
  }

  publish(publication: Publication, saidAt: number): void {
    const { room, sender, content } = publication;
    this.published += 1;
    if (this.#ledger.askedBy(sender).has(room) && !this.#isMember(sender, room))
      this.#minutes.breaks(`${content.trim()} is said in ${room} before its sender is let in`);
    this.due += 1;
    this.#broker.publish(publication, saidAt);
  }

  subscribe(room: string): void {
    if (this.rooms.has(room)) this.#minutes.breaks(`${room} is subscribed twice`);
    this.#broker.subscribe(room);
  }

  unsubscribe(room: string): void {
    if (!this.rooms.delete(room)) this.#minutes.breaks(`${room} is unsubscribed, but was not subscribed`);
    this.#broker.unsubscribe(room);
  }

  entered(room: string, member: Member): void {
    this.#broker.entered(room, member);
  }

  left(room: string, member: Member): void {
    this.#broker.left(room, member);
  }

  namesElsewhere(room: string, then: (names: Elsewhere<readonly string[]>) => void): void {
    this.#broker.namesElsewhere(room, then);
  }

  roomsElsewhere(then: (rooms: Elsewhere<ReadonlyMap<string, number>>) => void): void {
    this.#broker.roomsElsewhere(then);
  }

  history(
    room: string,
    range: HistoryRange,
    then: (history: History | Unavailable | undefined) => void,
  ): void {
    this.#broker.history(room, range, then);
  }
}
