/** Every transport through real proxies, with the buffering that they have by default. */
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { closeCodes, type ChatServer } from '../src/index.ts';
import { PollMember, SseMember, type Place } from './support/http-members.ts';
import { joinByWebSocket, WebSocketMember, type Member } from './support/peers.ts';
import { isInstalled, proxyBefore, shownInReadme } from './support/proxies.ts';
import { patient, serve } from './support/test-server.ts';

/** A proxy that is told nothing but where the server is: HTTP/1.0 to it, another host, no upgrades. */
const bareNginx = 'server { listen 80; location / { proxy_pass http://127.0.0.1:8080; } }';

const transports: readonly (readonly [string, (proxy: Place, name: string) => Member])[] = [
  ['a WebSocket', ({ url }, name) => new WebSocketMember(`${url}/ws/general?name=${name}`, {})],
  ['a stream of events', (proxy, name) => new SseMember(proxy, { name })],
  ['a poll', (proxy, name) => new PollMember(proxy, { name })],
];

/** Nobody who polled is there any more when the server ends. */
const quickEnd = { drainGraceMs: 50 };

const words = ['one', 'two', 'three'];

/**
 * What is said through the proxy is heard behind it, and the other way round, while the connection lasts.
 * @returns how many words were
 */
async function talk(server: ChatServer, member: Member): Promise<number> {
  const ann = await joinByWebSocket(server, { name: 'Ann' });
  await member.next('welcome');
  let heard = 0;
  for (const word of words) {
    ann.say(word);
    expect(await member.next('chat')).toMatchObject({ sender: 'Ann', content: word });
    member.say(`${word} too`);
    expect(await ann.next('chat', ({ sender }) => sender === 'Bob')).toMatchObject({
      content: `${word} too`,
    });
    await member.next('chat', ({ sender }) => sender === 'Bob');
    heard += 1;
  }
  return heard;
}

for (const name of ['nginx', 'haproxy'] as const) {
  const missing = `nothing is tested through ${name}: it is not installed (apt-get install ${name}).`;
  if (isInstalled(name)) continue;
  if (process.env['CI'] === 'true') throw new Error(missing);
  process.stderr.write(`\n*** ${missing}\n\n`);
}

for (const name of ['nginx', 'haproxy'] as const)
  describe.skipIf(!isInstalled(name))(`${name}, as the README has it`, patient, () => {
    test.each(transports)('lets %s through, both ways, while it lasts', async (_, connect) => {
      const server = await serve(quickEnd);
      const url = await proxyBefore(server, name, await shownInReadme(name));
      await expect(talk(server, connect({ url }, 'Bob'))).resolves.toBe(words.length);
    });

    test('hands on whom it speaks for, and whose page asks', async () => {
      const server = await serve({ ...quickEnd, trustProxy: ['127.0.0.1'] });
      const url = await proxyBefore(server, name, await shownInReadme(name));
      const statuses = await Promise.all(
        [url, 'http://evil.example'].map((origin) => knock(`${url}/poll/general`, '127.0.0.2', origin)),
      );
      expect(statuses).toEqual([200, 403]);
      expect([...server.connections].map(({ socket }) => socket.remoteAddress)).toEqual(['127.0.0.2']);
    });

    test.each(transports)('hands on why the server ends %s', async (_, connect) => {
      const server = await serve();
      const url = await proxyBefore(server, name, await shownInReadme(name));
      const bob = connect({ url }, 'Bob');
      await bob.next('welcome');
      const [report] = await Promise.all([
        server.stop(),
        bob.next('system', ({ event }) => event === 'draining'),
      ]);
      expect(await bob.closed).toEqual({ code: 1012, reason: closeCodes.restarting.reason });
      expect(report.leaks).toEqual([]);
    });
  });

describe.skipIf(!isInstalled('nginx'))('nginx that is told nothing but where the server is', patient, () => {
  test.each(transports.slice(1))('lets %s through, both ways, while it lasts', async (_, connect) => {
    const server = await serve(quickEnd);
    const url = await proxyBefore(server, 'nginx', bareNginx);
    await expect(talk(server, connect({ url }, 'Bob'))).resolves.toBe(words.length);
  });
});

/** Asks from this address, as this page would. */
function knock(url: string, localAddress: string, origin: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { localAddress, headers: { origin }, agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    })
      .once('error', reject)
      .end();
  });
}
