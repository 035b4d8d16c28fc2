/** The referee knows the rules that a chat server keeps whatever happens, and looks whether they were kept. */
import type { Batch } from '../../src/batch.ts';
import { closeCodes } from '../../src/close-codes.ts';
import type { Connection } from '../../src/connections.ts';
import type { Client } from './client.ts';
import type { World } from './world.ts';

/** With which codes no one who behaves is ever closed. */
const blames = new Set<number>([
  closeCodes.slowConsumer.code,
  closeCodes.noPong.code,
  closeCodes.rateLimitAbuse.code,
]);

export class Referee {
  readonly #world: World;
  readonly #clients: readonly Client[];
  readonly #slowSince = new Map<Client, number>();
  #largestBatch = 0;
  #largestBatchBytes = 0;

  constructor(world: World, clients: readonly Client[]) {
    this.#world = world;
    this.#clients = clients;
    world.hub.tap = (batch, subscriber) => {
      const connection = world.connections.get(subscriber.id);
      // What was said last may be refused when its sender has gone, of which the refusal need not know.
      const isRefusal = String(batch.messages[0]).startsWith('{"type":"error"');
      if (connection !== undefined) this.#weigh(batch, connection);
      else if (!isRefusal) this.#breaks(`${subscriber.name} is gone and is still told things`);
    };
  }

  /** How long a peer of whom nothing is heard may be there. */
  get patienceMs(): number {
    const { pingPeriodMs, pongWaitMs, closeTimeoutMs } = this.#world.config;
    // At the end the hub has to forget it, which takes a round, or one for each connection where its channels are small.
    return pingPeriodMs + pongWaitMs + 2 * closeTimeoutMs + 100 + 50 * this.#world.turnMs;
  }

  /** Sees to it that a client that fell silent is gone in time. */
  expectGone(client: Client, since: number): void {
    const { clock, connections, ledger } = this.#world;
    clock.setTimeout(
      () => {
        const { id } = client.connection;
        if (connections.get(id) === undefined) return;
        // While the server does not listen to a peer, the peer is not to blame.
        if (ledger.isParked(id)) this.expectGone(client, clock.now());
        else if (ledger.unparkedAt(id) > since) this.expectGone(client, ledger.unparkedAt(id));
        else
          this.#breaks(`${client.name} has been silent since ${clock.now() - since} ms and is still there`);
      },
      Math.max(0, since + this.patienceMs - clock.now()),
    );
  }

  /** Checks what is true at any moment. */
  checkAlways(): void {
    const { connections, hub } = this.#world;
    for (const connection of connections) {
      this.#checkOutbox(connection);
      const { messages, isInFlight } = connection.writer.outbox;
      if (messages > 0 && !isInFlight) this.#breaks(`nobody writes what waits for ${connection.writer.name}`);
    }
    for (const client of this.#clients) this.#checkSlow(client);
    for (const room of hub.rooms.values()) {
      for (const { id, name } of room.members)
        if (connections.get(id) === undefined)
          this.#breaks(`${name} is gone and still a member of ${room.name}`);
    }
  }

  /** Checks what is true once nobody has done anything for a while. */
  checkAtRest(): void {
    const { hub, ledger, broker, connections, config } = this.#world;
    for (const { name, depth, parked } of hub.view().channels)
      if (depth + parked.length > 0) this.#breaks(`${name} still holds ${depth}, and ${parked.length} wait`);
    if (config.roomRate === 0 && ledger.taken !== broker.published)
      this.#breaks(`${ledger.taken} messages were taken and ${broker.published} published`);
    if (broker.due !== 0) this.#breaks(`${broker.due} messages were published and not numbered`);
    if (hub.subscribers !== ledger.askers)
      this.#breaks(`${hub.subscribers} subscribers are in rooms, where ${ledger.askers} asked to be`);
    this.#checkRooms();
    for (const client of this.#clients)
      if (connections.get(client.connection.id) !== undefined) this.#checkClient(client);
  }

  /** Checks what is true once the server has stopped. */
  checkAtEnd(): void {
    const { server, hub, connections, leaks, roomsAtEnd, sockets } = this.#world;
    if (server.getSnapshot().status !== 'done') this.#breaks('the server does not stop');
    for (const leak of leaks.alive()) this.#breaks(`left alive: ${leak}`);
    for (const room of roomsAtEnd ?? ['the server']) this.#breaks(`left when all were gone: ${room}`);
    for (const remnant of hub.remains()) this.#breaks(`left in the hub: ${remnant}`);
    const loud = sockets.filter(({ isSilent }) => !isSilent).length;
    if (loud > 0) this.#breaks(`${loud} sockets are open or listened to`);
    if (connections.size > 0) this.#breaks(`${connections.size} connections are left`);
    const closed = [...connections.closedByCode.values()].reduce((sum, count) => sum + count, 0);
    if (closed !== connections.total) this.#breaks(`${connections.total} came and ${closed} went`);
    for (const client of this.#clients) this.#checkEnd(client);
  }

  #weigh(batch: Batch, connection: Connection): void {
    this.#checkOutbox(connection);
    this.#largestBatch = Math.max(this.#largestBatch, batch.size);
    this.#largestBatchBytes = Math.max(
      this.#largestBatchBytes,
      batch.bytes(connection.socket.encoding).length,
    );
  }

  #checkOutbox({ writer: { outbox, name } }: Connection): void {
    const { outboxMessages, outboxBytes } = this.#world.config;
    const { messages, bytes } = outbox;
    // The answers that the hub does not send are smaller than this.
    // Its limit and one batch may wait, and as much be in flight.
    if (messages >= 2 * (outboxMessages + Math.max(1, this.#largestBatch)))
      this.#breaks(`the outbox of ${name} holds ${messages}`);
    if (bytes >= 2 * (outboxBytes + Math.max(500, this.#largestBatchBytes)))
      this.#breaks(`the outbox of ${name} holds ${bytes} bytes`);
  }

  /** A client that does not read, and for which much waits, is gone in time. */
  #checkSlow(client: Client): void {
    const { connection, name } = client;
    if (!client.isStalled || !connection.writer.outbox.isHigh) {
      this.#slowSince.delete(client);
      return;
    }
    const { clock, config, turnMs } = this.#world;
    const since = this.#slowSince.get(client) ?? clock.now();
    this.#slowSince.set(client, since);
    const patienceMs = config.writeWaitMs + 2 * config.closeTimeoutMs + 100 + 50 * turnMs;
    if (clock.now() - since > patienceMs)
      this.#breaks(`${name} has been slow since ${clock.now() - since} ms`);
  }

  #checkRooms(): void {
    const { hub, broker, ledger } = this.#world;
    for (const [name, { members }] of hub.rooms) {
      const are = members
        .map((member) => member.name)
        .toSorted()
        .join(' ');
      const asked = ledger.askersOf(name).toSorted().join(' ');
      if (are !== asked) this.#breaks(`in ${name} are ${are}; asked to be there: ${asked}`);
      if (!broker.rooms.has(name)) this.#breaks(`${name} has members but is not subscribed`);
    }
    for (const name of broker.rooms.keys())
      if (!hub.rooms.has(name)) this.#breaks(`${name} is subscribed but has no members`);
  }

  #checkClient(client: Client): void {
    if (client.isStalled || client.silentSince !== undefined) return;
    const { hub, ledger } = this.#world;
    for (const name of ledger.askedBy(client.name)) {
      const seat = client.seats.get(name);
      const room = hub.rooms.get(name);
      const { epoch, offset } = room?.position ?? {};
      if (seat?.epoch !== epoch || seat?.offset !== offset)
        this.#breaks(`${client.name} heard ${name} up to ${seat?.offset}, where ${offset} were said`);
      if (seat?.members !== room?.members.length)
        this.#breaks(
          `${client.name} thinks that ${seat?.members} are in ${name}, where ${room?.members.length} are`,
        );
    }
    // Whoever leaves a room may do so before it is answered there.
    if (client.left.size === 0 && client.asked !== client.answered)
      this.#breaks(`${client.name} asked ${client.asked} times and was answered ${client.answered} times`);
  }

  #checkEnd({ name, manners, mayEndWith, connection }: Client): void {
    const { code } = connection.actor.getSnapshot().output ?? { code: 0 };
    if (manners === 'bad' || code === closeCodes.restarting.code || mayEndWith.has(code)) return;
    const blame = blames.has(code) ? 'is blamed' : 'did nothing';
    this.#breaks(`${name} ${blame}, and was closed with ${code}`);
  }

  #breaks(rule: string): void {
    this.#world.minutes.breaks(rule);
  }
}
