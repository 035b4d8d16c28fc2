/** The behaviours that every transport owes its members and the server: one suite, run on each transport. */
import { describe, expect, test } from 'vitest';
import { toPromise, waitFor } from 'xstate';
import { closeCodes, type ChatServer, type Close, type ServerMessage } from '../../src/index.ts';
import { HurriedClock } from './hurried-clock.ts';
import { connectionOf, flood, joinByWebSocket, type Member, type MemberOptions } from './peers.ts';
import { patient, serve, type TestServerOptions } from './test-server.ts';

/** What the suite needs of a transport's client side. */
export interface TransportDriver {
  /**
   * How a member says things: in `frames` on its socket, by which it is in as many rooms as it likes, or by `posts`,
   * an HTTP request each.
   */
  readonly speaksBy: 'frames' | 'posts';
  /**
   * Who answers a ping: the `member`; its `kernel`, that takes what comes after it; or its next `poll`, so that one
   * that polls no more is gone before it could be asked.
   */
  readonly pingsAnsweredBy: 'member' | 'kernel' | 'poll';
  /** How the server sees a goodbye. */
  readonly goodbye: Omit<Close, 'by'>;
  /** Connects a member, which need not be let in. */
  connect(server: ChatServer, options?: MemberOptions): Member;
}

/** Enough for a peer that answers, too little for one that does not, and a long time for a busy machine. */
const quickPulse = { pingPeriodMs: 20, pongWaitMs: 10_000 };

export function describeTransport(transport: string, driver: TransportDriver): void {
  // Nobody who polled is there any more to hear that the server ends with the test.
  const quickEnd = driver.pingsAnsweredBy === 'poll' ? { drainGraceMs: 50 } : {};
  const start = (options: TestServerOptions = {}) => serve({ ...quickEnd, ...options });
  const join = async (server: ChatServer, options: MemberOptions = {}): Promise<Member> => {
    const member = driver.connect(server, options);
    await member.next('welcome');
    return member;
  };

  describe(`${transport}: a polite peer`, patient, () => {
    test('is welcomed first, and told where it stands', async () => {
      const server = await start();
      const ann = driver.connect(server, { room: 'tea', name: 'Ann' });
      await ann.next('welcome');
      expect(ann.messages[0]).toMatchObject({
        type: 'welcome',
        room: 'tea',
        name: 'Ann',
        you: connectionOf(server).id,
        members: 1,
        offset: 0,
        recovered: false,
      });
    });

    test('hears what everyone says, itself too, in one order and numbered without a gap', async () => {
      const server = await start({ rate: 0 });
      const members = [await join(server, { name: 'Ann' }), await join(server, { name: 'Bob' })];
      const rounds = 50;
      for (let i = 1; i <= rounds; i += 1) for (const member of members) member.say(`message ${i}`);
      for (const member of members) await member.next('chat', ({ offset }) => offset === 2 * rounds);
      const [byAnn, byBob] = members.map(chatsOf);
      expect(byAnn?.map(({ offset }) => offset)).toEqual(Array.from({ length: 2 * rounds }, (_, i) => i + 1));
      expect(byBob).toEqual(byAnn);
    });

    const inOneRoom = driver.speaksBy === 'posts';
    test.skipIf(inOneRoom)('is in several rooms, and hears each only while it is in it', async () => {
      const server = await start();
      const ann = await join(server, { room: 'tea' });
      const bob = await join(server, { room: 'coffee' });
      ann.send({ type: 'join', room: 'coffee' });
      await ann.next('welcome', ({ room }) => room === 'coffee');
      bob.say('both of us');
      expect(await ann.next('chat')).toMatchObject({ room: 'coffee', content: 'both of us' });
      ann.send({ type: 'leave', room: 'coffee' });
      await bob.next('system', ({ event }) => event === 'left');
      bob.say('only me');
      await bob.next('chat', ({ content }) => content === 'only me');
      ann.say('still here');
      expect(await ann.next('chat')).toMatchObject({ room: 'tea', content: 'still here' });
    });

    test.runIf(inOneRoom)('is in one room, and may say things in others', async () => {
      const server = await start();
      const ann = await join(server, { room: 'tea', name: 'Ann' });
      const bob = await join(server, { room: 'coffee' });
      ann.say('over there', 'coffee');
      expect(await bob.next('chat')).toMatchObject({ room: 'coffee', sender: 'Ann', content: 'over there' });
      ann.say('and here');
      expect(await ann.next('chat')).toMatchObject({ room: 'tea', content: 'and here' });
    });

    test('learns why a message was not taken, and stays', async () => {
      const server = await start();
      const ann = await join(server);
      ann.sendText('{"type":');
      expect(await ann.next('error')).toMatchObject({ code: 'bad_json' });
      ann.say('here I am');
      expect(await ann.next('chat')).toMatchObject({ content: 'here I am' });
    });

    test('is made to wait by a full hub, and loses nothing', async () => {
      const server = await start({ rate: 0, broadcastCapacity: 1, roundBudget: 1 });
      const ann = await join(server);
      const { actor } = connectionOf(server);
      // A post waits for its answer, and blocks nobody's socket.
      const isBlocked =
        driver.speaksBy === 'frames' &&
        waitFor(actor, (snapshot) => snapshot.matches({ open: { inbound: 'blocked' } }));
      const said = 200;
      for (let i = 1; i <= said; i += 1) ann.say(`message ${i}`);
      await isBlocked;
      await ann.next('chat', ({ offset }) => offset === said);
      expect(chatsOf(ann).map(({ content }) => content)).toEqual(
        Array.from({ length: said }, (_, i) => `message ${i + 1}`),
      );
      await waitFor(actor, (snapshot) => snapshot.matches({ open: { inbound: 'flowing' } }));
    });

    test('stays open while it answers, however often it is asked', async () => {
      const server = await start(quickPulse);
      const ann = await join(server);
      const { actor } = connectionOf(server);
      for (let i = 0; i < 3; i += 1) {
        await waitFor(actor, (snapshot) => snapshot.matches({ open: { heartbeat: 'probing' } }));
        await waitFor(actor, (snapshot) => snapshot.matches({ open: { heartbeat: 'alive' } }));
      }
      ann.say('alive');
      expect(await ann.next('chat')).toMatchObject({ content: 'alive' });
    });

    test(`says goodbye: closed ${driver.goodbye.code}`, async () => {
      const clock = new HurriedClock();
      const server = await start({ clock });
      const ann = await joinByWebSocket(server);
      const bob = await join(server, { name: 'Bob' });
      const { actor } = connectionOf(server, 'Bob');
      bob.close();
      clock.hurry(server.config.pongWaitMs);
      expect(await toPromise(actor)).toEqual({ ...driver.goodbye, by: 'peer' });
      expect(await ann.next('system', ({ event }) => event === 'left')).toMatchObject({ members: 1 });
    });

    test('is told the code and the reason when the server closes it', async () => {
      const server = await start();
      const ann = await join(server);
      const { code, reason } = closeCodes.kicked;
      connectionOf(server).actor.send({ type: 'close', code, reason });
      expect(await ann.closed).toEqual({ code, reason });
    });

    test('is told that the server restarts, and then closed 1012', async () => {
      const server = await serve();
      const ann = await join(server);
      const [report] = await Promise.all([server.stop(), ann.next('system', isDraining)]);
      expect(await ann.closed).toEqual({ code: 1012, reason: closeCodes.restarting.reason });
      expect(report).toEqual({ connections: 1, closedByCode: new Map([[1012, 1]]), leaks: [] });
    });
  });

  describe(`${transport}: other peers`, patient, () => {
    test('with a bad room name, of whatever length: closed 4500, with the reason in words', async () => {
      const server = await start();
      for (const room of ['no rooms with spaces', 'x'.repeat(5_000)]) {
        const member = driver.connect(server, { room });
        expect(await member.closed).toEqual({
          code: closeCodes.badRequest.code,
          reason: 'a room name is 1–64 letters, digits, "_", "-" and "."',
        });
        expect(member.messages).toEqual([]);
      }
    });

    const { pingsAnsweredBy } = driver;
    test.runIf(pingsAnsweredBy === 'poll')(
      'silent: gone once it has not polled for the pong wait',
      async () => {
        const clock = new HurriedClock();
        const server = await start({ clock });
        const ann = await joinByWebSocket(server);
        await join(server, { name: 'Silent', answersPings: false });
        const { actor } = connectionOf(server, 'Silent');
        clock.hurry(server.config.pongWaitMs);
        expect(await toPromise(actor)).toEqual({ ...driver.goodbye, by: 'peer' });
        expect(await ann.next('system', ({ event }) => event === 'left')).toMatchObject({ sender: 'Silent' });
      },
    );

    test.runIf(pingsAnsweredBy === 'kernel')(
      'silent: stays, until its kernel is full: closed 4002',
      async () => {
        const clock = new HurriedClock();
        const pongWaitMs = 9_000;
        const server = await start({ clock, pingPeriodMs: 20, pongWaitMs, maxMessageBytes: 80_000, rate: 0 });
        const member = await join(server, { answersPings: false });
        const { actor, socket } = connectionOf(server);
        await waitFor(actor, (snapshot) => snapshot.matches({ open: { heartbeat: 'probing' } }));
        await waitFor(actor, (snapshot) => snapshot.matches({ open: { heartbeat: 'alive' } }));
        member.stall();
        while (socket.bufferedBytes === 0) await post(server, 'general', 'x'.repeat(64 * 1_024));
        clock.hurry(pongWaitMs);
        clock.hurry(server.config.closeTimeoutMs);
        expect(await toPromise(actor)).toMatchObject({ code: closeCodes.noPong.code, by: 'server' });
      },
    );

    test.runIf(pingsAnsweredBy === 'member')(
      'silent: closed 4002 within ping period and pong wait',
      async () => {
        const server = await start({ pingPeriodMs: 50, pongWaitMs: 50 });
        const member = await join(server, { answersPings: false });
        expect(await member.closed).toEqual({
          code: closeCodes.noPong.code,
          reason: closeCodes.noPong.reason,
        });
      },
    );

    test('flooding: refused with the time to wait, then closed 4502', async () => {
      const server = await start({ rate: 1, burst: 3, abuseLimit: 5 });
      const member = await join(server);
      flood(member, 20);
      expect((await member.closed).code).toBe(closeCodes.rateLimitAbuse.code);
      const refusals = member.messages.filter((message) => message.type === 'error');
      expect(refusals.length).toBeGreaterThanOrEqual(5);
      for (const refusal of refusals) {
        expect(refusal).toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) as number });
      }
    });

    test('slow: closed 4001, and nobody else notices', async () => {
      const server = await start({ rate: 0, maxMessageBytes: 80_000, closeTimeoutMs: 50 });
      const [ann, bob, slow] = [
        await join(server, { name: 'Ann' }),
        await join(server, { name: 'Bob' }),
        await join(server, { name: 'Slow' }),
      ];
      const { actor } = connectionOf(server, 'Slow');
      slow.stall();
      const isOver = toPromise(actor);
      let said = 0;
      while (actor.getSnapshot().status === 'active') {
        said += 1;
        ann.say('x'.repeat(64 * 1_024));
        await Promise.all([ann, bob].map((member) => member.next('chat', ({ offset }) => offset === said)));
      }
      expect(await isOver).toMatchObject({ code: closeCodes.slowConsumer.code, by: 'server' });
      expect(chatsOf(bob).map(({ offset }) => offset)).toEqual(Array.from({ length: said }, (_, i) => i + 1));
      bob.say('on we go');
      await ann.next('chat', ({ content }) => content === 'on we go');
    });

    test('vanishing: forgotten, and the others are told', async () => {
      const clock = new HurriedClock();
      const server = await start({ clock });
      const ann = await joinByWebSocket(server);
      const bob = await join(server, { name: 'Bob' });
      bob.vanish();
      clock.hurry(server.config.pongWaitMs);
      const left = await ann.next('system', ({ event }) => event === 'left');
      expect(left).toMatchObject({ sender: 'Bob', members: 1 });
      expect(server.connections.size).toBe(1);
    });
  });
}

/** Says something in a room from without. */
async function post(server: ChatServer, room: string, content: string): Promise<void> {
  const answer = await fetch(`${server.url}/rooms/${room}/messages`, {
    method: 'POST',
    body: JSON.stringify({ content }),
  });
  expect(answer.status).toBe(201);
  await answer.arrayBuffer();
}

function chatsOf(member: Member) {
  return member.messages.filter((message) => message.type === 'chat');
}

function isDraining(message: ServerMessage): boolean {
  return message.type === 'system' && message.event === 'draining';
}
