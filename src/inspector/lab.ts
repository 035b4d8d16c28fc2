/**
 * The lab: virtual clients on in-memory sockets in a room of their own, which behave well or badly on purpose, so that
 * one can watch what becomes of their connections.
 */
import { assertNever } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { closeCodes } from '../close-codes.ts';
import type { Connection, Connections } from '../connections.ts';
import { memoryPair, type MemoryPeer } from '../transports/memory.ts';
import type { LabTask } from './commands.ts';
import { labGraceMs, type LabDoing, type LabKind } from './lab-kinds.ts';

export interface LabOptions {
  readonly connections: Connections;
  readonly clock: Clock;
  /** Whether the server still takes anybody in. */
  readonly isReady: () => boolean;
}

export interface LabAnswer {
  readonly ok: boolean;
  readonly reason?: string;
  readonly connections?: readonly string[];
}

const labRoom = 'lab';

/** How many virtual clients there may be at once. */
const mostClients = 500;

/** About how many messages a second come from a client of each kind that talks. */
const loudness: Partial<Record<LabKind, number>> = { polite: 0.5, chatty: 5, flooding: 50 };

/** How many deliveries a second they may make, about: whoever is not of the lab shares its server with all of them. */
const mostDeliveriesPerSecond = 125_000;

/** A short wire, so that it shows soon when a client does not read. */
const wire = { latencyMs: 5, wireBytes: 8 * 1_024 };

const addressPrefix = 'lab/';

/** @returns the kind of virtual client that a connection serves, or undefined where its client is real. */
export function labKindOf({ socket }: Connection): string | undefined {
  const { transport, remoteAddress } = socket;
  if (transport !== 'memory' || !remoteAddress.startsWith(addressPrefix)) return undefined;
  return remoteAddress.slice(addressPrefix.length);
}

/** A virtual client: its end of the wire, and its connection on the server. */
interface Client {
  readonly kind: LabKind;
  readonly peer: MemoryPeer;
  readonly connection: Connection;
}

export class Lab {
  readonly #options: LabOptions;
  readonly #clients = new Map<string, Client>();
  readonly #timers = new Set<unknown>();
  #made = 0;
  // Those that flap and are to come back: their room is kept for them.
  #away = 0;
  // The end of the grace that they have while nobody watches.
  #grace: unknown;

  constructor(options: LabOptions) {
    this.#options = options;
  }

  carryOut(task: LabTask): LabAnswer {
    switch (task.do) {
      case 'spawn':
        return this.#spawnMany(task.kind, task.count);
      case 'drain':
        this.drain();
        return { ok: true };
      case 'stall':
      case 'cut':
      case 'resume':
      case 'kick':
        return this.#doTo(task.connection, task.do);
      default:
        return assertNever(task);
    }
  }

  /** Somebody watches. */
  attend(): void {
    this.#options.clock.clearTimeout(this.#grace);
    this.#grace = undefined;
  }

  /** Nobody watches any more: unless somebody does soon, all virtual clients leave. */
  desert(): void {
    if (this.#clients.size + this.#away === 0) return;
    this.#grace ??= this.#options.clock.setTimeout(() => this.drain(), labGraceMs);
  }

  /** Has all virtual clients leave, and none come back. */
  drain(): void {
    this.attend();
    for (const timer of this.#timers) this.#options.clock.clearTimeout(timer);
    this.#timers.clear();
    this.#away = 0;
    for (const { peer, connection } of this.#clients.values()) {
      peer.onClosed = () => void this.#clients.delete(connection.id);
      peer.resume();
      // A plug that was pulled lets no goodbye through.
      connection.actor.send({ type: 'close', ...closeCodes.normal });
    }
  }

  #spawnMany(kind: LabKind, count: number): LabAnswer {
    if (!this.#options.isReady()) return { ok: false, reason: 'the server is draining' };
    if (this.#clients.size + this.#away + count > mostClients) {
      return { ok: false, reason: `the lab has room for ${mostClients} clients` };
    }
    if (this.#deliveriesWith(kind, count) > mostDeliveriesPerSecond) {
      return { ok: false, reason: 'so many would talk so much that the server had no time for anybody else' };
    }
    const connections = Array.from({ length: count }, () => this.#spawn(kind));
    return { ok: true, connections };
  }

  /** How many deliveries a second there would be with so many more: what each says comes to all. */
  #deliveriesWith(kind: LabKind, count: number): number {
    let said = count * (loudness[kind] ?? 0);
    for (const client of this.#clients.values()) said += loudness[client.kind] ?? 0;
    return said * (this.#clients.size + this.#away + count);
  }

  #doTo(id: string, doing: LabDoing): LabAnswer {
    const client = this.#clients.get(id);
    if (client === undefined) return { ok: false, reason: 'there is no virtual client on this connection' };
    const { peer, connection } = client;
    switch (doing) {
      case 'stall':
        peer.stall();
        break;
      case 'cut':
        peer.cut();
        break;
      case 'resume':
        peer.resume();
        break;
      case 'kick':
        connection.actor.send({ type: 'close', ...closeCodes.kicked });
        break;
      default:
        return assertNever(doing);
    }
    return { ok: true };
  }

  #spawn(kind: LabKind): string {
    const { connections, clock } = this.#options;
    const { socket, peer } = memoryPair({ clock, ...wire, remoteAddress: `${addressPrefix}${kind}` });
    this.#made += 1;
    const connection = connections.open(socket, {
      kind: 'chat',
      room: labRoom,
      name: `${kind}-${this.#made}`,
    });
    const client = { kind, peer, connection };
    this.#clients.set(connection.id, client);
    peer.onClosed = () => {
      this.#clients.delete(connection.id);
      if (kind === 'flapping' && this.#options.isReady()) this.#leaveForAWhile();
    };
    this.#begin(kind, client);
    return connection.id;
  }

  #leaveForAWhile(): void {
    this.#away += 1;
    this.#after(flapMs, () => {
      this.#away -= 1;
      if (this.#options.isReady()) this.#spawn('flapping');
    });
  }

  #begin(kind: LabKind, client: Client): void {
    const { peer, connection } = client;
    switch (kind) {
      case 'polite':
        return this.#every(2_000, client, () => say(peer, 'good day'));
      case 'chatty':
        return this.#every(200, client, () => say(peer, 'and another thing'));
      case 'silent':
        peer.answersPings = false;
        return undefined;
      case 'slow':
        return peer.stall();
      case 'flooding':
        return this.#every(1_000, client, () => {
          for (let i = 1; i <= 100; i += 1) say(peer, `flood ${i}`);
        });
      case 'flapping':
        return this.#after(flapMs, () => peer.reset());
      case 'malformed':
        return this.#every(1_000, client, () =>
          peer.send('{', '{"type":"dance"}', '{"type":"chat","content":" "}'),
        );
      case 'throwing':
        return this.#after(2_000, () => sabotage(connection));
      default:
        return assertNever(kind);
    }
  }

  #every(periodMs: number, client: Client, work: () => void): void {
    this.#after(periodMs, () => {
      if (client.peer.isClosed) return;
      work();
      this.#every(periodMs, client, work);
    });
  }

  #after(delayMs: number, work: () => void): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }
}

const flapMs = 1_000;

function say(peer: MemoryPeer, content: string): void {
  peer.send(JSON.stringify({ type: 'chat', content }));
}

/** Has the next transition of a connection throw: its machine asks the reader for a delay, and the reader cannot tell. */
function sabotage({ reader, actor }: Connection): void {
  Object.defineProperty(reader, 'throttledUntil', {
    get: () => {
      throw new Error('thrown in a transition by the lab, on purpose');
    },
  });
  actor.send({ type: 'throttled' });
}
