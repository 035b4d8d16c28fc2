import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { joinRoom, RoomError, SendError, type ChatMessage, type Room } from '../../src/client/index.ts';
import { ack, chat, ClientStage, epoch, refusal, system, welcome } from '../support/client-stage.ts';

/** Sends, and expects it to be refused. @returns the error. */
async function refusalOf(sending: Promise<unknown>): Promise<SendError> {
  const error: unknown = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SendError);
  return error as SendError;
}

describe('joining', () => {
  test.each([
    ['http://chat.example', 'ws://chat.example/ws/tea'],
    ['https://chat.example/', 'wss://chat.example/ws/tea'],
    ['wss://chat.example:8443/hub/', 'wss://chat.example:8443/hub/ws/tea'],
    ['http://[::1]:8080/a/b?x=1#y', 'ws://[::1]:8080/a/b/ws/tea'],
  ])('a server at %s connects to %s', (url, expected) => {
    const { href } = new ClientStage({ url }).webSocket.url;
    expect(href.split('?')[0]).toBe(expected);
  });

  test('says who one is, where one was, and proves it', () => {
    const after = { epoch: 'first', offset: 7 };
    const stage = new ClientStage({ room: 'ทดสอบ', name: 'Ann & Bob', token: 'a/b', after });
    expect(decodeURIComponent(stage.webSocket.url.pathname)).toBe('/ws/ทดสอบ');
    expect(Object.fromEntries(stage.webSocket.url.searchParams)).toEqual({
      name: 'Ann & Bob',
      after: '7',
      epoch: 'first',
      token: 'a/b',
    });
    stage.webSocket.end(1006);
    expect(stage.request.settings.headers).toEqual({ Authorization: 'Bearer a/b' });
    expect(stage.request.url.searchParams.has('token')).toBe(false);
  });

  test.each([
    [{ url: 'chat.example' }, 'Invalid URL'],
    [{ url: 'ftp://chat.example' }, 'no server is at ftp://chat.example'],
    [{ url: 'http://chat.example', room: '..' }, 'no URL can name ".."'],
    [{ url: 'http://chat.example', room: '' }, 'no URL can name ""'],
    [{ url: 'http://chat.example', room: 'tea\uD83D' }, 'no URL can name "tea\\ud83d"'],
    [{ url: 'http://chat.example', transports: [] }, 'no transport can be used here'],
  ])('%j: an error that says so', (options, message) => {
    expect(() => joinRoom(options)).toThrow(message);
  });

  test('shows what is known of it', () => {
    const stage = new ClientStage();
    expect(stage.room.state).toEqual({
      status: 'connecting',
      transport: 'websocket',
      attempt: 0,
      members: 0,
    });
    stage.open({ members: 3, offset: 9, name: 'brave-otter' });
    expect(stage.room.state).toEqual({
      status: 'open',
      transport: 'websocket',
      attempt: 0,
      members: 3,
      you: 'c1',
      name: 'brave-otter',
      recovered: false,
      position: { epoch, offset: 9 },
    });
    expect(stage.told.state).toEqual([stage.room.state]);
    expect(stage.room.state).toBe(stage.room.state);
  });

  test('keeps the name that the server gave', () => {
    const stage = new ClientStage().open({ name: 'brave-otter' }).reconnect();
    expect(stage.webSocket.url.searchParams.get('name')).toBe('brave-otter');
  });
});

describe('messages', () => {
  test('come once each, however often the server tells them', () => {
    const stage = new ClientStage().open({ offset: 4 });
    for (const offset of [5, 5, 6, 4, 6, 7]) stage.webSocket.say(chat(offset));
    expect(stage.heard).toEqual([5, 6, 7]);
    expect(stage.room.state.position).toEqual({ epoch, offset: 7 });
  });

  test('that were missed come after a reconnect, from the last one on', () => {
    const stage = new ClientStage().open();
    stage.webSocket.say(chat(1));
    stage.reconnect();
    expect(Object.fromEntries(stage.webSocket.url.searchParams)).toMatchObject({ after: '1', epoch });
    stage.open({ offset: 3, recovered: true });
    for (const offset of [2, 3, 4]) stage.webSocket.say(chat(offset));
    expect(stage.heard).toEqual([1, 2, 3, 4]);
    expect(stage.told.gap).toEqual([]);
  });

  test('that cannot be had any more: a gap, told before what follows', () => {
    const stage = new ClientStage().open();
    stage.webSocket.say(chat(1));
    stage.reconnect().open({ offset: 500 });
    stage.webSocket.say(chat(501));
    expect(stage.told.gap).toEqual([{ from: { epoch, offset: 1 }, to: { epoch, offset: 500 } }]);
    expect(stage.heard).toEqual([1, 501]);
    expect(stage.room.state.recovered).toBe(false);
  });

  test('of a numbering that began anew: a gap', () => {
    const stage = new ClientStage().open({ offset: 9 });
    stage.open({ epoch: 'second', offset: 0 });
    stage.webSocket.say(chat(1));
    expect(stage.told.gap).toEqual([{ from: { epoch, offset: 9 }, to: { epoch: 'second', offset: 0 } }]);
    expect(stage.heard).toEqual([1]);
  });

  test('where nothing was said meanwhile: no gap, though nothing was recovered', () => {
    const stage = new ClientStage().open({ offset: 9 }).reconnect().open({ offset: 9 });
    expect(stage.told.gap).toEqual([]);
  });

  test('from where one joins anew are told, or a gap', () => {
    const after = { epoch: 'older', offset: 7 };
    const stage = new ClientStage({ after }).open({ offset: 20 });
    expect(stage.told.gap).toEqual([{ from: after, to: { epoch, offset: 20 } }]);
  });

  test('with a hole between them: none is told out of order, and the missing ones are fetched', () => {
    const stage = new ClientStage().open();
    stage.webSocket.say(chat(1));
    stage.webSocket.say(chat(3));
    expect(stage.room.state).toMatchObject({ status: 'backingOff', close: { reason: 'missed a message' } });
    stage.waitForRetry();
    expect(stage.webSocket.url.searchParams.get('after')).toBe('1');
    stage.open({ recovered: true, offset: 3 });
    for (const offset of [2, 3]) stage.webSocket.say(chat(offset));
    expect(stage.heard).toEqual([1, 2, 3]);
  });

  test('that are none are reported, and those of a newer server passed over', () => {
    const stage = new ClientStage().open();
    for (const text of ['{', 'null', '7', '{"type":7}']) stage.webSocket.sayText(text);
    expect(stage.told.error).toHaveLength(4);
    expect(stage.told.error[0]).toBeInstanceOf(RoomError);
    expect(stage.told.error[0]).toMatchObject({ code: 'bad_message' });
    stage.webSocket.sayText('{"type":"reaction"}');
    expect(stage.told.error).toHaveLength(4);
    expect(stage.room.state.status).toBe('open');
  });
});

describe('other events', () => {
  test('presence: who comes and goes, with the count in the state', () => {
    const stage = new ClientStage().open();
    stage.webSocket.say(system({ members: 7 }));
    expect(stage.told.presence).toHaveLength(1);
    expect(stage.room.state.members).toBe(7);
  });

  test('error: what no send is told', () => {
    const stage = new ClientStage().open();
    stage.webSocket.say(refusal('bad_shape'));
    stage.webSocket.say(refusal('empty', { ref: 'of somebody else' }));
    stage.webSocket.say(refusal('rate_limited'));
    expect(stage.told.error).toMatchObject([
      { code: 'bad_shape' },
      { code: 'empty' },
      { code: 'rate_limited' },
    ]);
  });

  test('a listener that throws harms neither the room nor the others', () => {
    const shown = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => shown.mockRestore());
    const stage = new ClientStage();
    const later: ChatMessage[] = [];
    const bug = new Error('bug');
    for (const event of ['message', 'state'] as const) {
      stage.room.on(event, () => {
        throw bug;
      });
    }
    stage.room.on('message', (message) => void later.push(message));
    stage.open();
    for (const offset of [1, 2]) stage.webSocket.say(chat(offset));
    expect(later).toHaveLength(2);
    expect(stage.room.state.status).toBe('open');
    expect(shown.mock.calls).toEqual([[bug], [bug], [bug]]);
  });

  test('a listener is called until it is taken off, each time that it was put on by itself', () => {
    const stage = new ClientStage().open();
    const listener = vi.fn<(message: ChatMessage) => void>();
    const off = stage.room.on('message', listener);
    stage.room.on('message', listener);
    stage.webSocket.say(chat(1));
    off();
    stage.webSocket.say(chat(2));
    expect(listener).toHaveBeenCalledTimes(3);
  });
});

describe('sending', () => {
  test('resolves with the place that the message got', async () => {
    const stage = new ClientStage().open();
    const sent = stage.room.send('hello');
    const [id = ''] = stage.webSocket.ids;
    expect(stage.webSocket.sent).toEqual([{ type: 'chat', id, content: 'hello' }]);
    stage.webSocket.say(ack(id, 8));
    expect(await sent).toEqual({ id, epoch, offset: 8 });
  });

  test('makes an id that no other message has', () => {
    const stage = new ClientStage({ queueLimit: 1_000 }).open();
    for (let i = 1; i <= 1_000; i += 1) {
      void stage.room.send('hello');
      stage.webSocket.say(ack(stage.webSocket.ids.at(-1) ?? '', i));
    }
    expect(new Set(stage.webSocket.ids).size).toBe(1_000);
  });

  test('waits for the room to open, and goes on in order, one at a time', async () => {
    const stage = new ClientStage();
    const sending = ['a', 'b', 'c'].map((id) => stage.room.send(id, { id }));
    expect(stage.webSocket.sent).toEqual([]);
    stage.open();
    for (const [i, id] of ['a', 'b', 'c'].entries()) {
      expect(stage.webSocket.ids.at(-1)).toBe(id);
      expect(stage.webSocket.ids).toHaveLength(i + 1);
      stage.webSocket.say(ack(id, i + 1));
    }
    expect((await Promise.all(sending)).map(({ offset }) => offset)).toEqual([1, 2, 3]);
  });

  test('goes on over the next connection with the same id, in order', async () => {
    const stage = new ClientStage().open();
    const sending = ['a', 'b'].map((id) => stage.room.send(id, { id }));
    stage.reconnect().open();
    expect(stage.webSocket.ids).toEqual(['a']);
    stage.webSocket.say(ack('a', 1));
    stage.reconnect().open();
    expect(stage.webSocket.ids).toEqual(['b']);
    stage.webSocket.say(ack('b', 2));
    expect((await Promise.all(sending)).map(({ offset }) => offset)).toEqual([1, 2]);
  });

  test.each([
    ['rate limited', refusal('rate_limited', { ref: 'a', retryAfterMs: 300 })],
    ['refused unread', refusal('rate_limited', { retryAfterMs: 300 })],
    ['not taken just now', refusal('unavailable', { ref: 'a', retryAfterMs: 300 })],
  ])('%s: goes again after the time that the server says, before what follows it', async (_, no) => {
    const stage = new ClientStage().open();
    const sending = ['a', 'b'].map((id) => stage.room.send(id, { id }));
    stage.webSocket.say(no);
    stage.clock.advance(299);
    expect(stage.webSocket.ids).toEqual(['a']);
    stage.clock.advance(1);
    expect(stage.webSocket.ids).toEqual(['a', 'a']);
    stage.webSocket.say(ack('a', 1));
    stage.webSocket.say(ack('b', 2));
    expect((await Promise.all(sending)).map(({ offset }) => offset)).toEqual([1, 2]);
    expect(stage.told.error).toEqual([]);
  });

  test('that is acked after all, while it waits to go again, is not sent again', async () => {
    const stage = new ClientStage().open();
    const sending = stage.room.send('a', { id: 'a' });
    stage.webSocket.say(refusal('rate_limited', { retryAfterMs: 300 }));
    stage.webSocket.say(ack('a', 1));
    expect(await sending).toMatchObject({ offset: 1 });
    stage.clock.advance(300);
    expect(stage.webSocket.ids).toEqual(['a']);
  });

  test("rejects with the server's reason, and the next one goes", async () => {
    const stage = new ClientStage().open();
    const empty = stage.room.send('', { id: 'a' });
    const next = stage.room.send('b', { id: 'b' });
    stage.webSocket.say(refusal('empty', { ref: 'a', content: 'nothing to say' }));
    expect(await refusalOf(empty)).toMatchObject({ code: 'empty', message: 'nothing to say' });
    stage.webSocket.say(ack('b', 1));
    expect(await next).toMatchObject({ offset: 1 });
  });

  test('of a message that is too long ends its connection, and that message alone', async () => {
    const stage = new ClientStage().open();
    const long = stage.room.send('x'.repeat(5_000), { id: 'a' });
    const next = stage.room.send('b', { id: 'b' });
    stage.reconnect();
    stage.webSocket.say(welcome());
    stage.webSocket.end(1009, 'message too big');
    expect(await refusalOf(long)).toMatchObject({ code: 'too_long' });
    expect(stage.room.state.status).toBe('backingOff');
    stage.waitForRetry().open();
    expect(stage.webSocket.ids).toEqual(['b']);
    stage.webSocket.say(ack('b', 1));
    expect(await next).toMatchObject({ offset: 1 });
    // With nothing on its way it was not ours to blame.
    stage.webSocket.end(1009, 'message too big');
    expect(stage.room.state.status).toBe('closed');
  });

  test('has a limit on what may wait', async () => {
    const stage = new ClientStage({ queueLimit: 2 });
    const [first, second] = [stage.room.send('a', { id: 'a' }), stage.room.send('b', { id: 'b' })];
    const third = await refusalOf(stage.room.send('c'));
    expect(third).toMatchObject({ code: 'queue_full', message: '2 messages wait already' });
    stage.open().webSocket.say(ack('a', 1));
    stage.webSocket.say(ack('b', 2));
    expect(await Promise.all([first, second])).toHaveLength(2);
  });

  test.each(['', 'x'.repeat(65)])('under an id that is none is refused: %j', async (id) => {
    const stage = new ClientStage().open();
    expect(await refusalOf(stage.room.send('hello', { id }))).toMatchObject({ code: 'bad_id' });
  });

  test('under an id that waits already is refused, and one that was used is not', async () => {
    const stage = new ClientStage().open();
    const first = stage.room.send('hello', { id: 'a' });
    expect(await refusalOf(stage.room.send('hello', { id: 'a' }))).toMatchObject({ code: 'bad_id' });
    stage.webSocket.say(ack('a', 1));
    await first;
    const again = stage.room.send('hello', { id: 'a' });
    stage.webSocket.say(ack('a', 1));
    expect(await again).toMatchObject({ offset: 1 });
  });

  test('is given up by its signal, and the next one goes', async () => {
    const stage = new ClientStage().open();
    const controller = new AbortController();
    const given = stage.room.send('a', { id: 'a', signal: controller.signal });
    const next = stage.room.send('b', { id: 'b' });
    controller.abort();
    expect(await refusalOf(given)).toMatchObject({ code: 'aborted' });
    stage.webSocket.say(ack('a', 1));
    stage.webSocket.say(ack('b', 2));
    expect(await next).toMatchObject({ id: 'b', offset: 2 });
    expect(await refusalOf(stage.room.send('c', { signal: controller.signal }))).toMatchObject({
      code: 'aborted',
    });
  });
});

describe('renaming', () => {
  test('comes back under the new name, where one was', () => {
    const stage = new ClientStage({ name: 'Ann' }).open({ offset: 3 });
    stage.room.rename('Cleo');
    expect(stage.webSockets[0]?.endedBy).toBeDefined();
    expect(Object.fromEntries(stage.webSocket.url.searchParams)).toEqual({ name: 'Cleo', after: '3', epoch });
    stage.open({ name: 'Cleo', offset: 3, recovered: true });
    expect(stage.room.state.name).toBe('Cleo');
    expect(stage.told.gap).toEqual([]);
  });

  test('waits for the message on its way, which under another name would be another one', () => {
    const stage = new ClientStage({ name: 'Ann' }).open();
    void stage.room.send('a', { id: 'a' });
    void stage.room.send('b', { id: 'b' });
    stage.room.rename('Cleo');
    stage.reconnect().open();
    expect(stage.webSocket.url.searchParams.get('name')).toBe('Ann');
    stage.webSocket.say(ack('a', 1));
    expect(stage.webSocket.url.searchParams.get('name')).toBe('Cleo');
    stage.open({ name: 'Cleo' });
    expect(stage.webSocket.ids).toEqual(['b']);
    stage.webSocket.say(ack('b', 2));
  });

  test('while it waits to come back is for then', () => {
    const stage = new ClientStage({ name: 'Ann' }).open();
    stage.webSocket.end(1006);
    stage.room.rename('Cleo');
    expect(stage.room.state.status).toBe('backingOff');
    stage.room.retryNow();
    expect(stage.webSocket.url.searchParams.get('name')).toBe('Cleo');
  });
});

describe('closing', () => {
  test('says goodbye, rejects what waits, and resolves when the server has answered', async () => {
    const stage = new ClientStage().open();
    const waiting = ['a', 'b'].map((id) => refusalOf(stage.room.send(id)));
    const closed = stage.room.close();
    expect(stage.webSocket.endedBy).toBe('close');
    expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual(['closed', 'closed']);
    stage.webSocket.end(1000);
    await closed;
    expect(stage.room.state.status).toBe('closed');
    expect(await refusalOf(stage.room.send('c'))).toMatchObject({ code: 'closed' });
  });

  test('may be done twice, and leaves nothing to rename, retry or hear', async () => {
    const stage = new ClientStage().open();
    const closed = [stage.room.close(), stage.room.close()];
    stage.webSocket.say(chat(1));
    stage.webSocket.end(1000);
    await Promise.all(closed);
    stage.room.rename('Cleo');
    stage.room.retryNow();
    await stage.room.close();
    expect(stage.webSockets).toHaveLength(1);
    expect(stage.told.state.at(-1)?.status).toBe('closed');
  });

  test('at a message is the end of the messages, even of those that came together with it', () => {
    const stage = new ClientStage().open();
    stage.room.on('message', ({ offset }) => {
      if (offset === 2) void stage.room.close();
    });
    for (const offset of [1, 2, 3]) stage.webSocket.say(chat(offset));
    stage.webSocket.say(system());
    expect(stage.heard).toEqual([1, 2]);
    expect(stage.told.presence).toEqual([]);
    expect(stage.room.state.position).toEqual({ epoch, offset: 2 });
  });

  test('by the server rejects what waits, with its reason', async () => {
    const stage = new ClientStage().open();
    const waiting = refusalOf(stage.room.send('a'));
    stage.webSocket.end(4503, 'kicked');
    expect(await waiting).toMatchObject({ code: 'closed', message: 'the room is closed: kicked' });
    await stage.room.close();
  });

  test('can be left to a signal, now or already', () => {
    const controller = new AbortController();
    const stage = new ClientStage({ signal: controller.signal }).open();
    controller.abort();
    expect(stage.room.state.status).toBe('closed');
    expect(new ClientStage({ signal: AbortSignal.abort() }).room.state.status).toBe('closed');
  });
});

/** @returns the offsets of what a loop was given, until it was left at one of them or ended. */
async function read(room: Room, until = Infinity): Promise<number[]> {
  const offsets: number[] = [];
  for await (const { offset } of room) {
    offsets.push(offset);
    if (offset === until) break;
  }
  return offsets;
}

describe('for await', () => {
  test('has each message from then on, and ends with the room', async () => {
    const stage = new ClientStage().open();
    stage.webSocket.say(chat(1));
    const reading = [read(stage.room), read(stage.room)];
    for (const offset of [2, 3]) stage.webSocket.say(chat(offset));
    stage.webSocket.end(4503);
    expect(await Promise.all(reading)).toEqual([
      [2, 3],
      [2, 3],
    ]);
    expect(await read(stage.room)).toEqual([]);
  });

  test('can be left at any message', async () => {
    const stage = new ClientStage().open();
    const reading = read(stage.room, 1);
    for (const offset of [1, 2]) stage.webSocket.say(chat(offset));
    expect(await reading).toEqual([1]);
  });

  test('tells a loop that is too far behind, once it has had what was kept', async () => {
    const stage = new ClientStage().open();
    const messages = stage.room[Symbol.asyncIterator]();
    const first = messages.next();
    for (let offset = 1; offset <= 1_010; offset += 1) stage.webSocket.say(chat(offset));
    expect((await first).value).toMatchObject({ offset: 1 });
    for (let offset = 2; offset <= 1_000; offset += 1) {
      expect((await messages.next()).value).toMatchObject({ offset });
    }
    await expect(messages.next()).rejects.toMatchObject({ code: 'too_slow' });
    expect((await messages.next()).done).toBe(true);
  });
});
