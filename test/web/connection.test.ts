/** The chat page whose connection is lost: the server killed, the network off, the WebSocket blocked. */
import type { WebSocketRoute } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ChatServer } from '../../src/index.ts';
import { withChromium } from '../support/browser.ts';
import {
  badge,
  box,
  connected,
  isMissing,
  message,
  say,
  seen,
  sent,
  timeoutMs,
  unseen,
  Visits,
} from '../support/chat-page.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { startHubbub } from '../support/processes.ts';
import { Relay } from '../support/relay.ts';
import { serve } from '../support/test-server.ts';

/** What the browser logs by itself of a server that is not there. */
const lost = /ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/;

/** What it logs of a room whose last member was put out just before the page asked who is in it. */
const emptied = /status of 404/;

/** What stands before a server in some networks: it hands HTTP on, and refuses whatever wants to be a WebSocket. */
async function blockingRelay(server: ChatServer): Promise<Relay> {
  const relay = await Relay.before(server.url);
  onTestFinished(() => relay.close());
  relay.blocksWebSockets = true;
  return relay;
}

describe.skipIf(isMissing)('the chat page', { timeout: timeoutMs }, () => {
  const visits = new Visits();

  withChromium.beforeAll(({ chromium }) => visits.start(chromium), timeoutMs);

  it('a server that is killed: it says so, counts down, comes back, and what was written meanwhile is sent', async () => {
    const server = startHubbub(['--port', '0'], { environment: { NO_COLOR: '1' } });
    const [url = ''] = await server.line(/http:\/\/127\.0\.0\.1:\d+/);
    const ada = await visits.enter(url, 'Ada', 'restart', {
      memory: { rooms: 'restart other' },
      expected: lost,
    });
    await say(ada, 'before');
    await seen(sent(ada, 'before'));
    await badge(ada).click();
    const chart = ada.getByRole('img', { name: /^The machine of this connection/ });
    await seen(chart);

    server.signal('SIGKILL');
    await server.ended;
    await seen(ada.getByRole('status').getByText('The connection was lost.', { exact: true }));
    await seen(ada.getByRole('definition').getByText(/^1006/));
    await seen(ada.getByText(/Next try in \d+\ss\./));
    await seen(badge(ada).filter({ hasText: 'Waiting to reconnect' }));
    await seen(ada.getByRole('listitem').getByText(/open.* → backingOff/));
    await ada.keyboard.press('Escape');
    await say(ada, 'while away');
    await seen(message(ada, 'while away').getByText('Sending', { exact: true }));
    await box(ada).fill('half a tho');

    await serve({ port: Number(new URL(url).port) });
    // Whoever does not want to wait need not, unless it has just come back by itself.
    const tryNow = ada.getByRole('button', { name: 'Try now' });
    await Promise.race([connected(ada), tryNow.click().catch(() => undefined)]);
    await connected(ada);
    await seen(sent(ada, 'while away'));
    await seen(ada.getByText('The room started anew: some messages may be missing here'));
    expect(await ada.getByRole('article').locator('.text').allInnerTexts()).toEqual(['before', 'while away']);
    expect(await box(ada).inputValue()).toBe('half a tho');
    await unseen(ada.getByText(/Next try in/));
    await seen(ada.getByRole('listitem').filter({ hasText: 'other' }));
  });

  it('without a network it says so at once; with it again, what was written is sent and what was missed comes', async () => {
    const server = await serve();
    const ada = await visits.enter(server.url, 'Ada', 'tunnel', { expected: lost });
    const grace = await joinByWebSocket(server, { room: 'tunnel', name: 'Grace' });
    await ada.context().setOffline(true);
    await seen(ada.getByRole('status').getByText('This device is offline.'));
    await say(ada, 'from the tunnel');
    await seen(message(ada, 'from the tunnel').getByText('Sending', { exact: true }));
    grace.say('where are you?');
    await grace.next('chat');
    expect(await message(ada, 'where are you?').count()).toBe(0);
    await ada.context().setOffline(false);
    await seen(sent(ada, 'from the tunnel'));
    await seen(message(ada, 'where are you?'));
    await unseen(ada.getByText('This device is offline.'));
    expect(await ada.locator('.gap').count()).toBe(0);
    const heard = grace.messages.filter(({ content }) => content === 'from the tunnel');
    expect(heard.map(({ type }) => type)).toEqual(['chat']);
  });

  it('a WebSocket that does not get through: it takes another way, and says so', async () => {
    const server = await serve();
    const { url } = await blockingRelay(server);
    const grace = await joinByWebSocket(server, { room: 'behind', name: 'Grace' });
    const ada = await visits.enter(url, 'Ada', 'behind', { expected: /WebSocket connection to/ });
    await seen(badge(ada).filter({ hasText: 'Connected · server-sent events' }));
    await say(ada, 'can you hear me?');
    await seen(sent(ada, 'can you hear me?'));
    expect(await grace.next('chat')).toMatchObject({ sender: 'Ada', content: 'can you hear me?' });
    grace.say('loud and clear');
    await seen(message(ada, 'loud and clear'));
    expect(await ada.getByRole('article').count()).toBe(2);
    await badge(ada).click();
    await seen(ada.getByText(/^A WebSocket does not get through from here/));
  });

  it('in more rooms than a browser has connections, without a WebSocket: all are heard, and one can say something', async () => {
    const server = await serve();
    const { url } = await blockingRelay(server);
    const rooms = Array.from({ length: 8 }, (_, i) => `room-${i}`);
    const ada = await visits.enter(url, 'Ada', 'room-7', {
      memory: { rooms: rooms.join(' ') },
      expected: /WebSocket connection to/,
    });
    const open = ada.getByRole('listitem').and(ada.locator('[data-status="open"]'));
    await seen(open.filter({ hasText: 'room-0' }));
    for (const room of rooms) await seen(open.filter({ hasText: room }));
    await say(ada, 'can you hear me?');
    await seen(sent(ada, 'can you hear me?'));
    const grace = await joinByWebSocket(server, { room: 'room-3', name: 'Grace' });
    grace.say('and me?');
    await seen(open.filter({ hasText: 'room-3' }).getByText('1 unread'));
    expect(await open.count()).toBe(rooms.length);
  });

  it('what fails says why and can be tried again; closed for good, the page stays away until one wants it back', async () => {
    const server = await serve({ maxMessageBytes: 1_024 });
    const sockets: WebSocketRoute[] = [];
    const ada = await visits.enter(server.url, 'Ada', 'fails', {
      expected: emptied,
      prepare: (page) =>
        page.routeWebSocket(/\/ws\//, (socket) => {
          sockets.push(socket);
          socket.connectToServer();
        }),
    });
    const long = 'x'.repeat(2_000);
    await say(ada, long);
    const failure = message(ada, long).getByText('Not sent: the message is too long.');
    await seen(failure);
    await say(ada, 'short');
    await seen(sent(ada, 'short'));
    expect(await ada.locator('.gap').count()).toBe(0);
    await message(ada, long).getByRole('button', { name: 'Try again' }).click();
    await seen(failure);
    await message(ada, long).getByRole('button', { name: 'Discard' }).click();
    await unseen(message(ada, long));
    await connected(ada);

    await sockets.at(-1)?.close({ code: 4503, reason: 'kicked' });
    await seen(ada.getByRole('status').getByText('The server closed the connection: kicked.'));
    await seen(badge(ada).filter({ hasText: 'Disconnected' }));
    await say(ada, 'too late');
    await seen(message(ada, 'too late').getByText('Not sent: the connection is closed.'));
    await ada.getByRole('button', { name: 'Connect', exact: true }).click();
    await connected(ada);
    await message(ada, 'too late').getByRole('button', { name: 'Try again' }).click();
    await seen(sent(ada, 'too late'));
  });
});
