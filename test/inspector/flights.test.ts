/** What is kept of connections although nobody watches: the last steps of each, and of those that closed last. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Flights } from '../../src/inspector/flights.ts';
import { MemoryHouse } from '../support/memory-house.ts';

describe('the flights of a server', () => {
  let house: MemoryHouse;
  let flights: Flights;

  beforeEach(() => {
    house = new MemoryHouse();
    flights = new Flights(house.clock);
    house.connections.witness = {
      opening: (connection) => flights.begin(connection),
      stepped: (id, eventType, value) => flights.step(id, eventType, value),
      closed: (connection, close) => flights.end(connection, close),
    };
  });

  afterEach(() => house.close());

  test('have the last 50 steps of a connection, the oldest first, and how many were before', () => {
    const { connection } = house.enter('ada');
    const { id, actor } = connection;
    const began = flights.storyOf(id)?.steps ?? [];
    expect(began.map(({ event }) => event)).toEqual(['xstate.init', 'registered']);
    for (let turn = 0; turn < 30; turn += 1) {
      house.clock.advance(1);
      actor.send({ type: 'high' });
      actor.send({ type: 'low' });
    }
    const { steps = [], forgotten } = flights.storyOf(id) ?? {};
    expect([steps.length, forgotten]).toEqual([50, began.length + 10]);
    const [congested, clear] = ['congested', 'clear'].map((state) => `open · alive · flowing · ${state}`);
    expect(steps.map(({ event, state }) => [event, state])).toEqual(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? ['high', congested] : ['low', clear])),
    );
    const times = steps.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBe(house.clock.now());
    expect(flights.lastEventOf(id)).toBe('low');
  });

  test('bury a connection with its end and its story, and keep the last 1,000 graves', () => {
    const ids = Array.from({ length: 1_010 }, (_, index) => {
      const { connection, peer } = house.enter(`guest ${index}`);
      peer.send('{"type":"chat","content":"hello"}');
      house.clock.settle();
      peer.close();
      house.clock.advance(1_000);
      return connection.id;
    });
    const { graves, total } = flights.graveyard();
    expect(total).toBe(1_010);
    expect(graves.map(({ facts }) => facts.id)).toEqual(ids.slice(10).toReversed());
    expect(graves[0]).toMatchObject({
      facts: { name: 'guest 1009', room: 'tea', transport: 'memory' },
      messagesIn: 1,
      end: { code: 1_000, reason: '', by: 'peer' },
    });
    expect(flights.graveyard(3).graves).toEqual(graves.slice(0, 3));
    expect(ids.slice(0, 10).map((id) => flights.storyOf(id))).toEqual(Array(10).fill(undefined));
    expect(flights.storyOf(ids[10] ?? '')?.steps.at(-1)).toMatchObject({ state: 'closed' });
  });
});
