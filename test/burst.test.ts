import { describe, expect, test } from 'vitest';
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
