/** The flights of all connections that live, and the graveyard of those that were closed last. */
import type { StateValue } from 'xstate';
import type { Clock } from '../clock.ts';
import { nameOfCode } from '../close-codes.ts';
import type { Close } from '../connection.ts';
import type { Connection } from '../connections.ts';
import { Flight } from './flight.ts';
import { labKindOf } from './lab.ts';
import type { ConnectionFacts, Graveyard, Story } from './messages.ts';

/** How many closed connections are kept. */
const gravesKept = 1_000;

/** A connection that flies, and what is known of it. */
interface Airborne {
  readonly connection: Connection;
  readonly flight: Flight;
}

export class Flights {
  readonly #clock: Clock;
  readonly #airborne = new Map<string, Airborne>();
  // The oldest first.
  readonly #graves = new Map<string, Story>();
  #closed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to keep the last steps of a connection, which must not have started yet. */
  begin(connection: Connection): void {
    const now = this.#clock.now();
    const flight = new Flight(now);
    flight.step(now, 'xstate.init', connection.actor.getSnapshot().value);
    this.#airborne.set(connection.id, { connection, flight });
  }

  step(connectionId: string, eventType: string, value: StateValue): void {
    this.#airborne.get(connectionId)?.flight.step(this.#clock.now(), eventType, value);
  }

  end(connection: Connection, { code, reason, by }: Close): void {
    const airborne = this.#airborne.get(connection.id);
    if (airborne === undefined) return;
    this.#airborne.delete(connection.id);
    this.#closed += 1;
    const end = { at: this.#clock.now(), code, name: nameOfCode(code), reason, by };
    this.#graves.set(connection.id, { ...storyOf(airborne), end });
    const [oldest] = this.#graves.keys();
    if (this.#graves.size > gravesKept && oldest !== undefined) this.#graves.delete(oldest);
  }

  /** What is known of a connection that lives. */
  factsOf(id: string): ConnectionFacts | undefined {
    const airborne = this.#airborne.get(id);
    return airborne && factsOf(airborne);
  }

  lastEventOf(id: string): string | undefined {
    return this.#airborne.get(id)?.flight.lastEvent;
  }

  /** @returns what is known of a connection, alive or closed. */
  storyOf(id: string): Story | undefined {
    const airborne = this.#airborne.get(id);
    return airborne === undefined ? this.#graves.get(id) : storyOf(airborne);
  }

  /** The connections that were closed last, the latest first. */
  graveyard(limit = gravesKept): Omit<Graveyard, 'type' | 'ref'> {
    const latest = [...this.#graves.values()].slice(-limit).toReversed();
    return { total: this.#closed, graves: latest.map(graveOf) };
  }
}

/** A story without its steps. */
function graveOf({ facts, messagesIn, messagesOut, end }: Story): Graveyard['graves'][number] {
  return { facts, messagesIn, messagesOut, ...(end === undefined ? {} : { end }) };
}

function storyOf(airborne: Airborne): Story {
  const { connection, flight } = airborne;
  return {
    facts: factsOf(airborne),
    steps: flight.steps(),
    forgotten: flight.forgotten,
    messagesIn: connection.reader.messagesIn,
    messagesOut: connection.writer.messagesOut,
  };
}

function factsOf({ connection, flight }: Airborne): ConnectionFacts {
  const lab = labKindOf(connection);
  const { id, purpose, socket, writer } = connection;
  return {
    id,
    purpose: purpose.kind,
    ...(purpose.kind === 'chat' ? { room: purpose.room } : {}),
    name: writer.name,
    transport: socket.transport,
    address: socket.remoteAddress,
    openedAt: flight.startedAt,
    ...(lab === undefined ? {} : { lab }),
  };
}
