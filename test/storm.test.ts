/**
 * A storm: 200 clients that lose their connections at random, and come back with the last offset that they have, while
 * 50,000 messages are said. Each one hears every message, in order and once.
 */
import { expect, test } from 'vitest';
import { joinByWebSocket, type Member } from './support/peers.ts';
import { Random } from './support/random.ts';
import { StormListener } from './support/storm-listener.ts';
import { patient, serve } from './support/test-server.ts';

const seed = Number(process.env['STORM_SEED'] ?? Date.now() % 1_000_000);
const rooms = ['tea', 'coffee', 'milk', 'juice'];
const clientsPerRoom = 50;
const messagesPerRoom = 12_500;
const inFlight = 50;

/** Says all messages of a room with so many in flight, some of them twice, and sees each acknowledged with its place. */
async function talk(member: Member, random: Random): Promise<void> {
  let said = 0;
  const sayNext = () => {
    if (said === messagesPerRoom) return;
    said += 1;
    const message = { type: 'chat', content: `message ${said}`, id: `id-${said}` } as const;
    member.send(message);
    if (random.chance(0.02)) member.send(message);
  };
  for (let i = 0; i < inFlight; i += 1) sayNext();
  for (let acked = 0; acked < messagesPerRoom;) {
    const { id, offset } = await member.next('ack');
    if (id !== `id-${offset}`) throw new Error(`${id} has the place ${offset}`);
    if (offset <= acked) continue;
    acked = offset;
    sayNext();
  }
}

test(
  `200 clients that come and go hear 50,000 messages in order, each once (seed ${seed})`,
  patient,
  async () => {
    const random = new Random(seed);
    const server = await serve({ rate: 0, historyMessages: messagesPerRoom, presenceIntervalMs: 1_000 });
    const listeners = rooms.flatMap((room) =>
      Array.from(
        { length: clientsPerRoom },
        (_, index) =>
          new StormListener({
            pick: () => server.url,
            room,
            name: `${room}-${index}`,
            random: random.fork(),
            messages: messagesPerRoom,
            longestVisit: 3_000,
          }),
      ),
    );
    const talkers = await Promise.all(
      rooms.map((room) => joinByWebSocket(server, { room, name: `talker ${room}` })),
    );
    for (const listener of listeners) listener.visit();
    await Promise.all(
      talkers.map((talker) => talker.next('system', ({ members }) => members === clientsPerRoom + 1)),
    );
    await Promise.all([
      ...talkers.map((talker) => talk(talker, random.fork())),
      ...listeners.map(({ done }) => done),
    ]);
    expect(listeners.flatMap(({ wrong }) => wrong)).toEqual([]);
    const visits = listeners.reduce((sum, listener) => sum + listener.visits, 0);
    expect(visits).toBeGreaterThan(3 * listeners.length);
  },
);
