import { describe, expect, test } from 'vitest';
import { MemoryHouse } from './support/memory-house.ts';
import { joinByWebSocket, type Member } from './support/peers.ts';
import { patient, serve } from './support/test-server.ts';

const crowd = 100;
const inFlight = 4;
const messagesEach = 10;
const total = crowd * messagesEach;

/** Keeps so many messages in flight until all are said, and listens until everyone's last was heard. */
async function converse(member: Member, name: string): Promise<void> {
  let said = 0;
  const sayNext = () => {
    if (said === messagesEach) return;
    said += 1;
    member.say(`${name} says ${said}`);
  };
  for (let i = 0; i < inFlight; i += 1) sayNext();
  for (let heard = 0; heard < total; heard += 1) {
    const { sender } = await member.next('chat');
    if (sender === name) sayNext();
  }
}

describe('a burst', patient, () => {
  test('of 100 members with 4 messages in flight each closes none and loses none', async () => {
    const server = await serve({ rate: 0 });
    const names = Array.from({ length: crowd }, (_, i) => `member ${i}`);
    const members = await Promise.all(names.map((name) => joinByWebSocket(server, { name })));
    await Promise.all(members.map((member, i) => converse(member, names[i] as string)));
    expect(server.connections.size).toBe(crowd);
    expect(server.connections.closedByCode.size).toBe(0);
    const everyOffset = Array.from({ length: total }, (_, i) => i + 1);
    for (const member of members) {
      const chats = member.messages.filter((message) => message.type === 'chat');
      expect(chats.map(({ offset }) => offset)).toEqual(everyOffset);
    }
    // Each sender's own order is kept too.
    const [listener] = members;
    for (const name of names) {
      const own = listener?.messages.filter(({ type, sender }) => type === 'chat' && sender === name) ?? [];
      expect(own.map(({ content }) => content)).toEqual(
        Array.from({ length: messagesEach }, (_, i) => `${name} says ${i + 1}`),
      );
    }
  });

  test('over a wire of 40 ms and 64 KiB closes none of those who read, and loses none', async () => {
    const house = new MemoryHouse({ rate: 0 });
    const guests = Array.from({ length: crowd }, (_, i) =>
      house.enter(`member ${i}`, 'tea', { latencyMs: 40, wireBytes: 64 * 1_024 }),
    );
    house.clock.advance(1_000);
    const said = JSON.stringify({ type: 'chat', content: 'x'.repeat(64) });
    for (const { peer } of guests) peer.send(said, said, said, said);
    house.clock.advance(1);
    // One message more, while the kernel has not taken the four hundred yet.
    guests[0]?.peer.send(said);
    house.clock.advance(5_000);
    expect(house.connections.size).toBe(crowd);
    for (const { heard } of guests) {
      const offsets = heard.flatMap((message) => (message.type === 'chat' ? [message.offset] : []));
      expect(offsets).toEqual(Array.from({ length: crowd * inFlight + 1 }, (_, i) => i + 1));
    }
    await house.close();
  });

  test('that is larger than channel and outbox makes its sender wait, and is delivered whole', async () => {
    const limits = { broadcastCapacity: 8, roundBudget: 8, outboxMessages: 16 };
    const server = await serve({ rate: 0, ...limits });
    const ann = await joinByWebSocket(server);
    const bob = await joinByWebSocket(server);
    const said = 500;
    for (let i = 1; i <= said; i += 1) ann.say(`message ${i}`);
    for (const member of [ann, bob]) {
      await member.next('chat', ({ offset }) => offset === said);
      const chats = member.messages.filter((message) => message.type === 'chat');
      expect(chats.map(({ content }) => content)).toEqual(
        Array.from({ length: said }, (_, i) => `message ${i + 1}`),
      );
    }
  });
});
