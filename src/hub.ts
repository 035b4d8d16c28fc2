/**
 * The hub maintains the rooms and who is in them. What members say it has its publisher take to the broker, and what the
 * broker tells it gives back to them as deliveries.
 *
 * It is an actor whose mailbox is three bounded channels. Once per turn of the event loop it makes a round:
 * unregister and register first, then broadcasts up to a budget, and then one batch for each room touched. It
 * is the sole writer of membership, and knows of connections only that they are subscribers.
 */
import type { Broker, BrokerListener, History, Movement, Position, Publication } from './broker.ts';
import { Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { Deliveries, type DeliveryTap } from './deliveries.ts';
import type { Entry } from './entry.ts';
import { Limiter } from './limiter.ts';
import type { Limits } from './limits.ts';
import { errorText, welcomeText } from './messages.ts';
import { serverName } from './protocol.ts';
import { Publisher } from './publisher.ts';
import type { Broadcast, Registration, Unregistration } from './requests.ts';
import { recoveryOf, Room, type Recovery, type Return, type Subscriber } from './room.ts';
import type { Traffic } from './traffic.ts';

export interface HubOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly config: Config;
  readonly traffic: Traffic;
  /** Weighs what users say; without it nothing is weighed. */
  readonly limits?: Pick<Limits, 'weigh'> | undefined;
}

/** What the hub shows of itself to those who look. */
export interface HubView {
  readonly channels: readonly { name: string; depth: number; capacity: number; parked: readonly string[] }[];
  readonly rooms: number;
  readonly subscribers: number;
}

export class Hub implements BrokerListener {
  readonly register: Channel<Registration>;
  readonly unregister: Channel<Unregistration>;
  readonly broadcast: Channel<Broadcast>;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly #rooms = new Map<string, Room>();
  readonly #roomsOf = new Map<Subscriber, Set<Room>>();
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #config: Config;
  readonly #publisher: Publisher;
  readonly #deliveries: Deliveries;
  #timestamp = '';
  #round: unknown;
  #stopped = false;

  constructor({ broker, clock, config, traffic, limits }: HubOptions) {
    this.#broker = broker;
    this.#clock = clock;
    this.#config = config;
    this.rooms = this.#rooms;
    this.#deliveries = new Deliveries({ clock, config, traffic, rooms: this.#rooms });
    const wake = () => this.#wake();
    this.register = new Channel('register', config.registerCapacity, wake);
    this.unregister = new Channel('unregister', config.unregisterCapacity, wake);
    this.broadcast = new Channel('broadcast', config.broadcastCapacity, wake);
    this.#publisher = new Publisher({
      broadcast: this.broadcast,
      broker,
      clock,
      config,
      traffic,
      limits,
      rooms: this.#rooms,
      answer: (subscriber, texts) => this.#deliveries.answer(subscriber, texts),
      wake,
    });
    broker.listen(this);
  }

  /** Is told each delivery, while somebody watches. */
  get tap(): DeliveryTap | undefined {
    return this.#deliveries.tap;
  }

  set tap(tap: DeliveryTap | undefined) {
    this.#deliveries.tap = tap;
  }

  /** How many subscribers there are. */
  get subscribers(): number {
    return this.#roomsOf.size;
  }

  /**
   * Tells every room that the server is about to go away. Where the messages go with it, it takes no more of them: whoever
   * has been asked to leave would miss them for good. They can be said again where all come back to.
   */
  announceDrain(): void {
    this.#publisher.drain();
    this.#timestamp = this.#now();
    for (const room of this.#rooms.values()) {
      room.announce({
        type: 'system',
        room: room.name,
        sender: serverName,
        content: 'the server is restarting: please come back in a moment',
        timestamp: this.#timestamp,
        event: 'draining',
        members: room.size,
        spreadMs: this.#config.reconnectSpreadMs,
      });
      this.#deliveries.touch(room);
    }
    this.#wake();
  }

  /** Ends it: no more rounds, and nothing left in channels and rooms. */
  stop(): void {
    this.#stopped = true;
    if (this.#round !== undefined) this.#clock.clearImmediate(this.#round);
    this.#deliveries.stop();
    this.#publisher.stop();
    this.register.clear();
    // Whoever still waits to be forgotten is: nobody is to wait for a hub that is gone.
    for (let left = this.unregister.take(); left !== undefined; left = this.unregister.take()) {
      if (left.room === undefined) left.subscriber.unregistered();
    }
    this.broadcast.clear();
    this.#rooms.clear();
    this.#roomsOf.clear();
  }

  /** Names what is still in the hub, for the proof that nothing is. */
  remains(): string[] {
    const remains: string[] = [];
    for (const channel of [this.register, this.unregister, this.broadcast]) {
      if (channel.depth > 0) remains.push(`${channel.name}: ${channel.depth} waiting`);
      for (const id of channel.parkedSenders()) remains.push(`${channel.name}: ${id} parked`);
    }
    for (const room of this.#rooms.values())
      remains.push(`room ${room.name}: ${room.members.length} members`);
    return remains;
  }

  /** What those who look may see. */
  view(): HubView {
    const channels = [this.register, this.unregister, this.broadcast].map((channel) => ({
      name: channel.name,
      depth: channel.depth,
      capacity: channel.capacity,
      parked: channel.parkedSenders(),
    }));
    return { channels, rooms: this.#rooms.size, subscribers: this.#roomsOf.size };
  }

  #wake(): void {
    if (this.#stopped || this.#round !== undefined) return;
    this.#round = this.#clock.setImmediate(() => this.#makeRound());
  }

  #makeRound(): void {
    this.#timestamp = this.#now();
    // A round takes what was asked before it began, the parked included, so that nobody who keeps asking can hold up
    // the others. What a sender asks as its parked request moves in relies on that one, and so waits for the next round.
    const joins = this.register.depth + this.register.parked;
    const said = Math.min(this.#config.roundBudget, this.#publisher.depth, this.#broker.window);
    this.#takeUnregistrations(this.unregister.depth + this.unregister.parked);
    this.#takeRegistrations(joins);
    this.#publisher.take(said, this.#timestamp);
    this.#deliveries.deliver(this.#timestamp);
    this.#round = undefined;
    if (this.unregister.depth + this.register.depth + this.#publisher.depth > 0) this.#wake();
    else if (this.broadcast.depth > 0) this.#publisher.bePatient();
  }

  #takeUnregistrations(most: number): void {
    for (let budget = most; budget > 0; budget -= 1) {
      const request = this.unregister.take();
      if (request === undefined) return;
      if (request.room === undefined) this.#forget(request.subscriber);
      else this.#leave(request.subscriber, this.#rooms.get(request.room));
    }
  }

  #takeRegistrations(most: number): void {
    for (let budget = most; budget > 0; budget -= 1) {
      const request = this.register.take();
      if (request === undefined) return;
      if (request.withdrawn) continue;
      request.entered = true;
      this.#enter(request, this.#rooms.get(request.room) ?? this.#openRoom(request.room));
    }
  }

  // Membership

  #openRoom(name: string): Room {
    const { roomRate, roomBurst } = this.#config;
    const isLimited = roomRate > 0 && !this.#broker.limitsRooms;
    const room = new Room(name, isLimited ? new Limiter(roomRate, roomBurst) : undefined);
    this.#rooms.set(name, room);
    this.#broker.subscribe(name);
    return room;
  }

  #enter(request: Registration, room: Room): void {
    const { subscriber } = request;
    const rooms = this.#roomsOf.get(subscriber) ?? new Set();
    if (!rooms.has(room)) {
      this.#roomsOf.set(subscriber, rooms.add(room));
      if (rooms.size === 2) for (const shared of rooms) shared.shared += 1;
      else if (rooms.size > 2) room.shared += 1;
    }
    if (room.position === undefined) room.waiting.set(subscriber, request);
    else this.#admit(request, room, room.position);
  }

  #admit(request: Registration, room: Room, position: Position): void {
    const { subscriber, since } = request;
    request.since = undefined;
    if (since === undefined) this.#letIn(subscriber, room, { position, recovered: false, missed: [] });
    else this.#readMissed(request, room, since, position);
  }

  /** Has the broker say what one who comes back has missed, and lets it in then. */
  #readMissed(request: Registration, room: Room, since: Position, { epoch }: Position): void {
    const { subscriber } = request;
    const comingBack: Return = { request, since, meanwhile: [] };
    room.returning.set(subscriber, comingBack);
    const after = since.epoch === epoch ? since.offset : 0;
    this.#broker.history(room.name, { after, limit: Infinity }, (history) => {
      // It may have left since, or have asked again.
      if (room.returning.get(subscriber) !== comingBack) return;
      this.#timestamp = this.#now();
      if (history === 'unavailable') this.#turnAway(request, room);
      else this.#bringBack(comingBack, room, history);
      this.#wake();
    });
  }

  #bringBack({ request, since, meanwhile }: Return, room: Room, history: History | undefined): void {
    const { subscriber } = request;
    room.returning.delete(subscriber);
    if (room.position === undefined) return;
    this.#letIn(subscriber, room, recoveryOf(since, history, meanwhile, room.position));
  }

  /** It cannot be let in now, or not be told what it has missed: it asks again, or comes in anew, and loses nothing. */
  #turnAway(request: Registration, room: Room): void {
    const { subscriber } = request;
    this.#deliveries.answer(subscriber, [
      errorText('unavailable', { room: room.name, timestamp: this.#timestamp }),
    ]);
    room.returning.delete(subscriber);
    if (room.has(subscriber)) return;
    request.entered = false;
    this.#leave(subscriber, room);
    subscriber.turnedAway();
  }

  #letIn(subscriber: Subscriber, room: Room, { position, recovered, missed }: Recovery): void {
    // What is in hand is for those who are here already; the welcome's position counts it.
    if (room.hasNews) this.#deliveries.deliverNow(room, this.#timestamp);
    if (room.enter(subscriber)) {
      this.#deliveries.touch(room);
      this.#broker.entered(room.name, subscriber);
    }
    const welcome = this.#welcome(subscriber, room, position, recovered);
    this.#deliveries.answer(subscriber, [welcome, ...missed.map(({ text }) => text)], position.epoch);
    subscriber.registered();
  }

  #welcome(subscriber: Subscriber, room: Room, position: Position, recovered: boolean): string {
    return welcomeText({
      you: subscriber.id,
      name: subscriber.name,
      room: room.name,
      position,
      recovered,
      members: room.size,
      pingPeriodMs: this.#config.pingPeriodMs,
      timestamp: this.#timestamp,
    });
  }

  #leave(subscriber: Subscriber, room: Room | undefined): void {
    const rooms = this.#roomsOf.get(subscriber);
    if (room === undefined || rooms === undefined || !rooms.has(room)) return;
    if (rooms.size > 1) room.shared -= 1;
    rooms.delete(room);
    if (rooms.size === 1) for (const single of rooms) single.shared -= 1;
    if (rooms.size === 0) this.#roomsOf.delete(subscriber);
    room.waiting.delete(subscriber);
    room.returning.delete(subscriber);
    if (room.leave(subscriber)) {
      this.#deliveries.touch(room);
      this.#broker.left(room.name, subscriber);
    }
    if (room.isEmpty) this.#closeRoom(room);
  }

  #forget(subscriber: Subscriber): void {
    for (const room of this.#roomsOf.get(subscriber) ?? []) this.#leave(subscriber, room);
    subscriber.unregistered();
  }

  #closeRoom(room: Room): void {
    this.#rooms.delete(room.name);
    this.#deliveries.forget(room);
    this.#broker.unsubscribe(room.name);
  }

  // What the broker tells

  subscribed(name: string, position: Position): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    this.#timestamp = this.#now();
    const before = room.position;
    if (before?.epoch !== position.epoch || before.offset !== position.offset) this.#move(room, position);
    for (const request of room.waiting.values()) this.#admit(request, room, position);
    room.waiting.clear();
    this.#wake();
  }

  unavailable(name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    this.#timestamp = this.#now();
    for (const request of room.waiting.values()) this.#turnAway(request, room);
    this.#wake();
  }

  /** Puts a room at another place; its members are told, for they cannot have what is between. */
  #move(room: Room, position: Position): void {
    if (room.hasNews) this.#deliveries.deliverNow(room, this.#timestamp);
    room.position = position;
    for (const member of room.members) {
      this.#deliveries.answer(member, [this.#welcome(member, room, position, false)], position.epoch);
    }
  }

  message(entry: Entry): void {
    const room = this.#rooms.get(entry.room);
    if (room === undefined) return;
    room.say(entry);
    this.#deliveries.touch(room);
    this.#wake();
  }

  published(publication: Publication, position: Position): void {
    this.#publisher.published(publication, position);
  }

  refused(publication: Publication): void {
    this.#publisher.refused(publication);
  }

  limited(publication: Publication, retryAfterMs: number): void {
    this.#publisher.limited(publication, retryAfterMs);
  }

  reopened(): void {
    if (this.#publisher.depth > 0) this.#wake();
  }

  moved(name: string, { members, joined, left, name: last }: Movement): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    const change = members - room.elsewhere;
    room.elsewhere = members;
    if (room.members.length === 0) return;
    this.#timestamp = this.#now();
    // What was told and what was not may have come in another order.
    if (change === joined - left) room.presence.gather(joined, left, last);
    else room.presence.gather(Math.max(0, change), Math.max(0, -change), '');
    if (!room.presence.pending) return;
    this.#deliveries.touch(room);
    this.#wake();
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
