/** Somebody at a terminal, in rooms of a real server. */
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { joinRoom, type Room } from '../../src/client/index.ts';
import { closeCodes, type ChatServer } from '../../src/index.ts';
import { Conversation, type ConversationOptions } from '../../src/terminal/conversation.ts';
import { Lookup } from '../../src/terminal/lookup.ts';
import { connectionOf, joinByWebSocket } from '../support/peers.ts';
import { patient, serve } from '../support/test-server.ts';

/** The terminal's glass: all that was ever written on it. */
class Glass extends Writable {
  readonly isTTY: boolean;
  readonly columns = 40;
  text = '';
  #look: () => void = () => undefined;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    this.#look();
    done();
  }

  /** Waits until it shows this, beyond what it showed at the last call. */
  async shows(words: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#look = () => {
        const at = this.text.indexOf(words, this.#seen);
        if (at < 0) return;
        this.#seen = at + words.length;
        this.#look = () => undefined;
        resolve();
      };
      this.#look();
    });
  }

  #seen = 0;
}

function sitDown(server: ChatServer, options: Partial<ConversationOptions> & { isTTY?: boolean } = {}) {
  const input = new PassThrough();
  const output = new Glass(options.isTTY ?? false);
  const conversation = new Conversation({
    input,
    output,
    room: 'tea',
    name: 'ada',
    lookup: new Lookup(server.url),
    join: (room, name) => joinRoom({ url: server.url, room, name, WebSocket }),
    now: Date.now,
    patienceMs: 60_000,
    ...options,
  });
  onTestFinished(async () => {
    conversation.leave();
    await conversation.ended;
  });
  const type = (line: string) => input.write(`${line}\n`);
  return { conversation, type, output, input };
}

/** Joins a room of a server that is not there. */
function joinNowhere(room: string): Room {
  return joinRoom({ url: 'http://127.0.0.1:1', room, WebSocket });
}

describe('a conversation', patient, () => {
  test('says what is typed, and prints what everyone says', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const { type, output } = sitDown(server);
    await output.shows('connected by websocket as ada · 2 here');
    type('hello');
    expect(await bob.next('chat')).toMatchObject({ sender: 'ada', content: 'hello' });
    await output.shows('ada  hello');
    bob.say('hello \u001b[2Jada');
    await output.shows('bob  hello \uFFFD[2Jada');
  });

  test('begins with what was said before', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    for (const content of ['one', 'two']) bob.say(content);
    await bob.next('chat', ({ offset }) => offset === 2);
    const { output } = sitDown(server);
    await output.shows('bob  one');
    await output.shows('bob  two');
    expect(output.text.match(/bob {2}/g)).toHaveLength(2);
  });

  test('lists rooms, members and commands', async () => {
    const server = await serve();
    await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const { type, output } = sitDown(server);
    await output.shows('connected');
    type('/who');
    await output.shows('2 here: ada, bob');
    type('/rooms');
    await output.shows('tea · 2 here');
    type('/help');
    await output.shows('/join ROOM');
    type('/dance');
    await output.shows('/dance: no such command');
    expect(output.text).not.toContain('ada  /');
  });

  test('moves to another room, and is heard there alone', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const cid = await joinByWebSocket(server, { room: 'coffee', name: 'cid' });
    const { type, output } = sitDown(server);
    await output.shows('connected');
    type('/join coffee');
    await bob.next('system', ({ event }) => event === 'left');
    await output.shows('connected by websocket as ada · 2 here');
    type('hello');
    expect(await cid.next('chat')).toMatchObject({ sender: 'ada', content: 'hello' });
    expect(bob.messages.filter((message) => message.type === 'chat')).toEqual([]);
  });

  test('goes on under another name', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const { type, output } = sitDown(server);
    await output.shows('connected');
    type('/name lovelace');
    await output.shows('as lovelace');
    type('hello');
    expect(await bob.next('chat')).toMatchObject({ sender: 'lovelace' });
  });

  test('tells why a room is none', async () => {
    const server = await serve();
    const { conversation, type, output } = sitDown(server);
    await output.shows('connected');
    type('/join no room');
    await output.shows('closed (4500 a room name is');
    expect(await conversation.ended).toBe('closed by the server');
  });

  test('ends when the server closes it for good', async () => {
    const server = await serve();
    const { conversation, output } = sitDown(server);
    await output.shows('connected');
    const { code, reason } = closeCodes.kicked;
    connectionOf(server).actor.send({ type: 'close', code, reason });
    expect(await conversation.ended).toBe('closed by the server');
    await output.shows('closed (4503 kicked)');
  });

  test.each([
    ['/quit', (type: (line: string) => void) => type('/quit')],
    ['the end of its input', (_: unknown, input: PassThrough) => input.end()],
  ])('ends with %s, and leaves the room', async (_, end) => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const { conversation, type, input, output } = sitDown(server);
    await output.shows('connected');
    end(type, input);
    expect(await conversation.ended).toBe('left');
    expect(await bob.next('system', ({ event }) => event === 'left')).toMatchObject({ sender: 'ada' });
  });

  test.each(['/quit', '/join coffee'])(
    'says what was typed before %s, though it is not connected yet',
    async (command) => {
      const server = await serve();
      const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
      const { type } = sitDown(server);
      type('hello');
      type(command);
      expect(await bob.next('chat')).toMatchObject({ sender: 'ada', content: 'hello' });
      await bob.next('system', ({ event }) => event === 'left');
    },
  );

  test('that is left without a connection tells what could not be sent', async () => {
    const server = await serve();
    const { conversation, type, output } = sitDown(server, { join: joinNowhere, patienceMs: 0 });
    type('hello');
    type('/quit');
    expect(await conversation.ended).toBe('left');
    expect(output.text).toContain('not sent: hello (');
  });

  test('on a terminal puts news above the line that is typed, which stays', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const { output, input } = sitDown(server, { isTTY: true });
    await output.shows('connected');
    input.write('half a li');
    await output.shows('li');
    bob.say('news');
    await output.shows('news');
    // The line is drawn again beneath it: cursor to its beginning, all below cleared, prompt and text.
    await output.shows('half a li');
    input.write('ne\r');
    expect(await bob.next('chat', ({ sender }) => sender === 'ada')).toMatchObject({
      content: 'half a line',
    });
    expect(output.text).not.toContain('Infinity');
  });
});
