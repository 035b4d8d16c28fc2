/** The chat and tail commands as programs: pipes, exit codes and signals. */
import { describe, expect, test } from 'vitest';
import { closeCodes } from '../../src/index.ts';
import { readOptions, readWait } from '../../src/terminal-command.ts';
import { connectionOf, joinByWebSocket } from '../support/peers.ts';
import { runHubbub, startHubbub } from '../support/processes.ts';
import { patient, serve } from '../support/test-server.ts';

describe('hubbub chat', patient, () => {
  test('says each line that is piped into it, in order, and is done', async () => {
    const server = await serve({ rate: 0 });
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i + 1}`);
    const ending = await runHubbub(['chat', 'tea', '--url', server.url, '--name', 'ada'], {
      input: `${lines.join('\n\n')}\n`,
    });
    expect(ending).toMatchObject({ code: 0, stdout: [], stderr: [] });
    await bob.next('chat', ({ offset }) => offset === lines.length);
    const chats = bob.messages.filter((message) => message.type === 'chat');
    expect(chats.map(({ content }) => content)).toEqual(lines);
    expect(new Set(chats.map(({ sender }) => sender))).toEqual(new Set(['ada']));
  });

  test('says which line was not taken, and why: 1', async () => {
    const server = await serve({ maxMessageBytes: 300 });
    const input = `fine\n${'x'.repeat(400)}\n`;
    const ending = await runHubbub(['chat', 'tea', '--url', server.url], { input });
    expect(ending.code).toBe(1);
    expect(ending.stderr.at(-1)).toMatch(/^hubbub: line 2 was not sent: /);
  });

  test('gives up where there is no server: 1', async () => {
    const ending = await runHubbub(['chat', '--url', 'http://127.0.0.1:1', '--wait', '500ms'], {
      input: 'hi\n',
    });
    expect(ending.code).toBe(1);
    expect(ending.stderr.at(-1)).toBe('hubbub: line 1 was not sent: no connection within 0.5 s');
  });

  test('ends when it is stopped, though more input may come', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const chat = startHubbub(['chat', 'tea', '--url', server.url], { staysOpen: true });
    await bob.next('system', ({ members }) => members === 2);
    chat.signal('SIGTERM');
    expect(await chat.ended).toMatchObject({ code: 0, stderr: [] });
  });

  test('ends when the server closes the room for good, though more input may come: 1', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const args = ['chat', 'tea', '--url', server.url, '--name', 'ada'];
    const chat = startHubbub(args, { staysOpen: true });
    await bob.next('system', ({ members }) => members === 2);
    const { code, reason } = closeCodes.kicked;
    connectionOf(server, 'ada').actor.send({ type: 'close', code, reason });
    expect(await chat.ended).toMatchObject({ code: 1, stderr: ['hubbub: closed (4503 kicked)'] });
  });

  test('gives up where there is no server, though no input has come: 1', async () => {
    const args = ['chat', '--url', 'http://127.0.0.1:1', '--wait', '500ms'];
    expect(await startHubbub(args, { staysOpen: true }).ended).toMatchObject({ code: 1 });
  });

  test('called with a mistake: 2', async () => {
    const ending = await runHubbub(['chat', 'tea', 'coffee'], { input: 'hi\n' });
    expect(ending).toMatchObject({ code: 2, stderr: ["hubbub: unexpected argument 'coffee'"] });
  });
});

describe('what is asked', () => {
  const url = 'http://127.0.0.1:8080';

  test.each([
    ['chat.example', 'http://chat.example/'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['wss://chat.example/hub', 'wss://chat.example/hub'],
  ])('of the server %s is %s', (given, read) => {
    expect(readOptions(undefined, { url: given })).toMatchObject({ url: new URL(read), room: 'general' });
  });

  test.each([
    [
      () => readOptions('no room', { url }),
      'room "no room": a name is 1–64 letters, digits, "_", "-" and "."',
    ],
    [() => readOptions('tea', { url, name: 'server' }), '--name server: a name is 1–32 visible characters'],
    [
      () => readOptions('tea', { url: 'ftp://x' }),
      '--url ftp://x: must be the URL of a server, such as http',
    ],
    [
      () => readOptions('tea', { url: 'http://' }),
      '--url http://: must be the URL of a server, such as http',
    ],
    [() => readWait('long'), '--wait long: must be a duration such as 250ms, 25s or 2m'],
  ])('%s is a mistake', (read, words) => {
    expect(read).toThrow(words);
  });
});

describe('hubbub tail', patient, () => {
  test('prints what is said as JSON lines until it is stopped', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const tail = startHubbub(['tail', 'tea'], { environment: { HUBBUB_URL: server.url } });
    await bob.next('system', ({ members }) => members === 2);
    for (const content of ['one', 'two']) bob.say(content);
    await tail.line(/"two"/);
    tail.signal('SIGINT');
    const { code, stdout, stderr } = await tail.ended;
    expect([code, stderr]).toEqual([0, []]);
    expect(stdout.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { type: 'chat', sender: 'bob', content: 'one', offset: 1 },
      { type: 'chat', sender: 'bob', content: 'two', offset: 2 },
    ]);
  });

  test('ends when nobody reads its output any more', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const tail = startHubbub(['tail', 'tea', '--url', server.url]);
    await bob.next('system', ({ members }) => members === 2);
    tail.closeStdout();
    bob.say('anybody?');
    expect(await tail.ended).toMatchObject({ code: 0 });
  });

  test('says so when the server closes it for good: 1', async () => {
    const server = await serve();
    const bob = await joinByWebSocket(server, { room: 'tea', name: 'bob' });
    const tail = startHubbub(['tail', 'tea', '--url', server.url, '--name', 'tail']);
    await bob.next('system', ({ members }) => members === 2);
    const { code, reason } = closeCodes.kicked;
    connectionOf(server, 'tail').actor.send({ type: 'close', code, reason });
    expect(await tail.ended).toMatchObject({ code: 1, stderr: ['hubbub: closed (4503 kicked)'] });
  });
});
