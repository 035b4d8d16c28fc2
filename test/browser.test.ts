/** The chat page in a real Chromium, against a real server; where a test needs a server that misbehaves, against a scripted one. */
import type { Browser, BrowserContextOptions, Locator, Page, WebSocketRoute } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createChatServer } from '../src/index.ts';
import type { ClientMessage, ErrorCode, ServerMessage } from '../src/protocol.ts';
import {
  chromiumMissing,
  chromiumPath,
  launchChromium,
  newTab,
  patienceMs,
  type Tab,
} from './support/browser.ts';

/** A test is a handful of steps in the page, each of which takes its time on a busy machine. */
const timeoutMs = 2 * patienceMs;

if (chromiumPath === undefined) {
  if (process.env['CI'] === 'true') throw new Error(chromiumMissing);
  process.stderr.write(`\n*** ${chromiumMissing}\n\n`);
}

describe.skipIf(chromiumPath === undefined)('the chat page', { timeout: timeoutMs }, () => {
  let browser: Browser;
  let server = createChatServer({ port: 0 });
  let tabs: Tab[] = [];

  beforeAll(async () => {
    await server.start();
    browser = await launchChromium();
  }, timeoutMs);

  afterEach(async () => {
    await Promise.all(tabs.map((tab) => tab.page.context().close()));
    tabs = [];
  });

  afterAll(async () => {
    await browser.close();
    await server.stop();
  }, timeoutMs);

  /** What went wrong in this test's tabs: nothing, at the end of every test. */
  const problems = (): string[] => tabs.flatMap((tab) => tab.problems);

  async function blankTab(options: BrowserContextOptions = {}): Promise<Tab> {
    const tab = await newTab(browser, server.url, options);
    tabs.push(tab);
    return tab;
  }

  /** Opens the page as somebody, in a room of the test's own, and waits until they are in. */
  async function enter(name: string, room: string): Promise<Tab> {
    const localStorage = [{ name: 'hubbub.name', value: name }];
    const tab = await blankTab({
      storageState: { cookies: [], origins: [{ origin: server.url, localStorage }] },
    });
    await tab.page.goto(`${server.url}/#${room}`);
    await seen(note(tab.page, `welcome to ${room}, ${name}`));
    return tab;
  }

  /** Makes a tab whose WebSockets lead to a script instead of the server. */
  async function scriptedTab(script: (socket: WebSocketRoute) => void): Promise<Page> {
    const { page } = await blankTab();
    await page.routeWebSocket(/\/ws\//, script);
    return page;
  }

  /** Such a tab with a clock that moves only when it is told to, and the longest of all random waits. */
  async function frozenTab(script: (socket: WebSocketRoute) => void): Promise<Page> {
    const page = await scriptedTab(script);
    await page.addInitScript('Math.random = () => 0.999_999');
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(1_000);
    return page;
  }

  it('two tabs talk', async () => {
    const ada = await enter('Ada', 'talk');
    const grace = await enter('Grace', 'talk');
    await seen(note(ada.page, 'Grace joined'));
    await seen(ada.page.getByText('2 members', { exact: true }));

    await say(ada.page, 'hello, Grace');
    await seen(message(grace.page, 'Ada', 'hello, Grace'));
    await say(grace.page, 'hello, Ada');
    await seen(message(ada.page, 'Grace', 'hello, Ada'));

    await grace.page.getByRole('button', { name: 'Leave' }).click();
    await seen(note(ada.page, 'Grace left'));
    await seen(ada.page.getByText('1 member', { exact: true }));
    expect(problems()).toEqual([]);
  });

  it('markup that a member types is shown as text', async () => {
    const markup = '<img src=x onerror="document.title=`hacked`"><script>alert(1)</script>&amp;';
    const ada = await enter('<b>Ada</b>', 'markup');
    const grace = await enter('Grace', 'markup');
    await say(ada.page, markup);
    await seen(message(grace.page, '<b>Ada</b>', markup));
    expect(await grace.page.locator('[role=log] :is(img, script)').count()).toBe(0);
    expect(await grace.page.locator('.sender b').count()).toBe(0);
    expect(await grace.page.title()).toBe('#markup · hubbub');
    expect(problems()).toEqual([]);
  });

  it('further rooms share the one socket, and count what is unread', async () => {
    const ada = await enter('Ada', 'tea');
    const grace = await enter('Grace', 'tea');
    await ada.page.getByLabel('Join a room').fill('coffee');
    await ada.page.keyboard.press('Enter');
    await seen(note(ada.page, 'welcome to coffee, Ada'));
    await seen(ada.page.getByRole('heading', { name: '#coffee' }));

    await say(grace.page, 'anyone for tea?');
    const tea = ada.page.getByRole('link', { name: 'tea' });
    await seen(tea.getByLabel('1 unread'));
    expect(await ada.page.title()).toBe('(1) #coffee · hubbub');

    await tea.click();
    await seen(message(ada.page, 'Grace', 'anyone for tea?'));
    await unseen(tea.getByLabel('1 unread'));
    expect(await ada.page.title()).toBe('#tea · hubbub');
    await say(ada.page, 'yes, please');
    await seen(message(grace.page, 'Ada', 'yes, please'));
    expect(ada.sockets()).toBe(1);
    expect(problems()).toEqual([]);
  });

  it('leaving the last room closes the connection, and joining one opens it', async () => {
    const ada = await enter('Ada', 'last');
    await ada.page.getByRole('button', { name: 'Leave' }).click();
    await seen(ada.page.getByText('You are in no room. Join one to chat.'));
    await seen(status(ada.page, 'Closed: 1000 you left'));
    await ada.page.getByLabel('Join a room').fill('first');
    await ada.page.getByRole('button', { name: 'Join' }).click();
    await seen(note(ada.page, 'welcome to first, Ada'));
    expect(ada.page.url()).toBe(`${server.url}/#first`);
    expect(problems()).toEqual([]);
  });

  it('without a room in the address it is general, and without a name one is a guest', async () => {
    const { page } = await blankTab();
    await page.goto(server.url);
    await seen(note(page, 'welcome to general, '));
    await seen(page.getByRole('heading', { name: '#general' }));
    const name = await page.locator('#your-name').innerText();
    expect(name).not.toBe('');
    await say(page, 'who am I?');
    await seen(message(page, name, 'who am I?'));
    expect(problems()).toEqual([]);
  });

  it('an address that names no room says so and goes to general', async () => {
    const { page } = await blankTab();
    await page.goto(`${server.url}/#no%20good`);
    await seen(page.getByRole('alert').filter({ hasText: '“no good” is no room name' }));
    await seen(page.getByRole('heading', { name: '#general' }));
    expect(problems()).toEqual([]);
  });

  it('a new name is used at once and kept', async () => {
    const { page } = await enter('Ada', 'names');
    await page.getByText('You are Ada').click();
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.keyboard.press('Enter');
    await seen(note(page, 'welcome to names, Ada Lovelace'));
    await page.reload();
    await seen(page.getByText('You are Ada Lovelace'));
    await seen(note(page, 'welcome to names, Ada Lovelace'));
    expect(problems()).toEqual([]);
  });

  it('is used by keyboard alone: Enter sends, Shift+Enter makes a line, Tab goes everywhere', async () => {
    const { page } = await enter('Ada', 'keys');
    await page.getByLabel('Message', { exact: true }).focus();
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    await seen(message(page, 'Ada', 'one\ntwo'));

    await page.evaluate('document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus()');
    const stops: string[] = [];
    for (let i = 0; i < 8; i += 1) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(`(({ id, role, tagName }) => id || role || tagName)(document.activeElement)`),
      );
    }
    expect(stops).toEqual(['SUMMARY', 'A', 'room', 'BUTTON', 'leave', 'log', 'text', 'send']);
    expect(problems()).toEqual([]);
  });

  it('fits a phone: nothing is wider than it, however long the names', async () => {
    const room = 'W'.repeat(64);
    const { page } = await blankTab({ viewport: { width: 320, height: 568 } });
    await page.goto(`${server.url}/#${room}`);
    await say(page, 'w'.repeat(500));
    await seen(page.getByText('w'.repeat(500)));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    expect(
      await page.locator('.log:not([hidden])').evaluate((log) => log.scrollWidth - log.clientWidth),
    ).toBe(0);
    const send = await page.getByRole('button', { name: 'Send' }).boundingBox();
    expect((send?.x ?? 0) + (send?.width ?? 0)).toBeLessThanOrEqual(320);
    expect(problems()).toEqual([]);
  });

  it('a server that stops and starts again: the page says so, comes back and is in its rooms', async () => {
    const ada = await enter('Ada', 'restart');
    await ada.page.getByLabel('Join a room').fill('restart-too');
    await ada.page.keyboard.press('Enter');
    await seen(note(ada.page, 'welcome to restart-too, Ada'));

    const port = Number(new URL(server.url).port);
    const { leaks } = await server.stop();
    expect(leaks).toEqual([]);
    await seen(status(ada.page, 'Closed: '));
    await seen(ada.page.getByText(/^Reconnecting in \d+ s$/));
    server = createChatServer({ port });
    await server.start();

    await seen(status(ada.page, 'Connected'));
    await ada.page.getByRole('link', { name: 'restart', exact: true }).click();
    const grace = await enter('Grace', 'restart');
    await say(grace.page, 'are you back?');
    await seen(message(ada.page, 'Grace', 'are you back?'));
    await seen(note(ada.page, 'The room has started anew'));
    // Trying while nobody listens is logged by the browser itself.
    const unexpected = problems().filter((problem) => !problem.includes('ERR_CONNECTION_REFUSED'));
    expect(unexpected).toEqual([]);
  });

  describe('with a scripted server', () => {
    it('closed with 1000 or 4500–4999 it stays away until it is told to come', async () => {
      const codes = [1000, 4500, 4503, 4999];
      let tries = 0;
      const page = await frozenTab((socket) => {
        void socket.close({ code: codes[tries] ?? 1000, reason: 'go away' });
        tries += 1;
      });
      await page.goto(server.url);
      for (const [index, code] of codes.entries()) {
        await seen(status(page, `Closed: ${code} go away`));
        await seen(page.getByText('This page will not reconnect by itself.'));
        await page.clock.runFor(60_000);
        expect(tries).toBe(index + 1);
        await page.getByRole('button', { name: 'Connect now' }).click();
      }
      expect(problems()).toEqual([]);
    });

    it('closed with any other code it comes back, after waits that double up to 20 s', async () => {
      const waits = [
        { code: 1001, waitMs: 1_000 },
        { code: 1009, waitMs: 1_500 },
        { code: 1011, waitMs: 2_500 },
        { code: 1012, waitMs: 4_500 },
        { code: 1013, waitMs: 8_500 },
        { code: 4000, waitMs: 16_500 },
        { code: 4001, waitMs: 20_000 },
        { code: 4499, waitMs: 20_000 },
      ];
      const codes = waits.map(({ code }) => code);
      const page = await frozenTab((socket) => {
        const code = codes.shift();
        if (code === undefined) socket.send(welcome('general'));
        else void socket.close({ code, reason: 'come back' });
      });
      await page.goto(server.url);
      for (const { code, waitMs } of waits) {
        await seen(status(page, `Closed: ${code} come back`));
        await waitForNextTry(page, waitMs);
      }
      await seen(status(page, 'Connected'));
      expect(problems()).toEqual([]);
    });

    it('after a good connection the wait is short again', async () => {
      const sockets: WebSocketRoute[] = [];
      const page = await frozenTab((socket) => {
        sockets.push(socket);
        if (sockets.length < 4) void socket.close({ code: 1012 });
      });
      await page.goto(server.url);
      for (const waitMs of [1_000, 1_500, 2_500]) await waitForNextTry(page, waitMs);
      await seen(status(page, 'Connected'));
      await page.clock.runFor(5_000);
      await sockets[3]?.close({ code: 1012 });
      await seen(page.getByText('Reconnecting in 1 s', { exact: true }));
      expect(problems()).toEqual([]);
    });

    it('a refused message comes back into the box, with the reason beside it', async () => {
      const page = await scriptedTab((socket) => {
        socket.onMessage(() => socket.send(refusal('rate_limited', 'too many messages', 2_400)));
        socket.send(welcome('general'));
      });
      await page.goto(server.url);
      await say(page, 'too much');
      await seen(
        page.getByRole('alert').filter({ hasText: 'Not sent: too many messages. Try again in 3 s.' }),
      );
      expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('too much');
      expect(problems()).toEqual([]);
    });

    it('a message lost with its connection comes back into the box', async () => {
      const page = await scriptedTab((socket) => {
        socket.onMessage(() => void socket.close({ code: 1009, reason: 'message too big' }));
        socket.send(welcome('general'));
      });
      await page.goto(server.url);
      await say(page, 'too big');
      await seen(note(page, 'Closed: 1009 message too big.'));
      expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('too big');
      expect(problems()).toEqual([]);
    });

    it('a room too many is said beside the field, and one stays where one was', async () => {
      const page = await scriptedTab((socket) => {
        socket.onMessage(() => socket.send(refusal('limit_reached', 'no more rooms for this connection')));
        socket.send(welcome('general'));
      });
      await page.goto(server.url);
      await seen(note(page, 'welcome to general'));
      await page.getByLabel('Join a room').fill('one-more');
      await page.keyboard.press('Enter');
      await seen(page.getByRole('alert').filter({ hasText: 'No more rooms for this connection.' }));
      await seen(page.getByRole('heading', { name: '#general' }));
      expect(await page.getByRole('link').count()).toBe(1);
      expect(problems()).toEqual([]);
    });

    it('a join that comes too fast is tried again when the server says', async () => {
      const asked: ClientMessage[] = [];
      const page = await scriptedTab((socket) => {
        socket.onMessage((data) => {
          asked.push(JSON.parse(String(data)) as ClientMessage);
          socket.send(
            asked.length === 1 ? refusal('rate_limited', 'too many messages', 100) : welcome('tea'),
          );
        });
        socket.send(welcome('general'));
      });
      await page.goto(server.url);
      await seen(note(page, 'welcome to general'));
      await page.getByLabel('Join a room').fill('tea');
      await page.keyboard.press('Enter');
      await seen(note(page, 'welcome to tea'));
      expect(asked).toEqual([
        { type: 'join', room: 'tea' },
        { type: 'join', room: 'tea' },
      ]);
      expect(problems()).toEqual([]);
    });

    it('tells how many messages were missed while away', async () => {
      let tries = 0;
      const page = await scriptedTab((socket) => {
        tries += 1;
        socket.send(welcome('general', { offset: tries === 1 ? 7 : 10 }));
        if (tries === 1) void socket.close({ code: 4001, reason: 'slow consumer' });
      });
      await page.goto(server.url);
      await seen(note(page, 'While you were away you missed 3 messages.'));
      expect(problems()).toEqual([]);
    });

    it('the log keeps 500 messages, follows its end, and keeps its place when scrolled up', async () => {
      const sockets: WebSocketRoute[] = [];
      const page = await scriptedTab((socket) => {
        sockets.push(socket);
        socket.send(welcome('general'));
        for (let offset = 1; offset <= 600; offset += 1) socket.send(chat(`message ${offset}`, offset));
      });
      await page.goto(server.url);
      await seen(message(page, 'Grace', 'message 600'));
      const log = page.getByRole('log');
      await expect.poll(() => endDistance(log), { timeout: patienceMs }).toBeLessThan(2);
      expect(await log.getByRole('listitem').count()).toBe(500);
      await log.evaluate((element) => element.scrollBy(0, -20));
      await nextFrames(page);
      expect(await endDistance(log)).toBeCloseTo(20, 0);
      // The oldest one that is left still says who said it, though it continued another one.
      await log.getByText('message 101', { exact: true }).scrollIntoViewIfNeeded();
      await seen(log.locator('.head').first());
      await unseen(page.getByRole('button', { name: 'New messages' }));

      const middle = log.getByText('message 300', { exact: true });
      await middle.scrollIntoViewIfNeeded();
      const place = await middle.boundingBox();
      for (let offset = 601; offset <= 620; offset += 1) sockets[0]?.send(chat(`message ${offset}`, offset));
      await page.getByRole('button', { name: 'New messages' }).waitFor();
      await expect
        .poll(() => log.getByRole('listitem').last().innerText(), { timeout: patienceMs })
        .toContain('message 620');
      expect((await middle.boundingBox())?.y).toBeCloseTo(place?.y ?? Number.NaN, 0);

      await page.getByRole('button', { name: 'New messages' }).click();
      await expect.poll(() => endDistance(log), { timeout: patienceMs }).toBeLessThan(2);
      await unseen(page.getByRole('button', { name: 'New messages' }));
      expect(problems()).toEqual([]);
    });
  });
});

// What one sees and does

const seen = (locator: Locator): Promise<void> => locator.first().waitFor();
const unseen = (locator: Locator): Promise<void> => locator.waitFor({ state: 'hidden' });

const note = (page: Page, text: string): Locator => page.locator('.note', { hasText: text });

const status = (page: Page, text: string): Locator => page.getByRole('status').filter({ hasText: text });

/** A message by its sender and its whole text, line breaks and all. */
function message(page: Page, sender: string, text: string): Locator {
  return page
    .locator('.message')
    .filter({ has: page.locator('.sender').getByText(sender, { exact: true }) })
    .filter({ has: page.locator('.text').getByText(text, { exact: true }) });
}

async function say(page: Page, text: string): Promise<void> {
  await seen(page.getByRole('button', { name: 'Send', disabled: false }));
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

/** Sees that the next try is due after this time, and lets exactly this time pass. */
async function waitForNextTry(page: Page, waitMs: number): Promise<void> {
  await seen(page.getByText(`Reconnecting in ${Math.ceil(waitMs / 1_000)} s`, { exact: true }));
  await page.clock.runFor(waitMs);
}

/** Lets the page draw twice, so that it has reacted to being scrolled. */
function nextFrames(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );
}

/** How far a log is scrolled from its end, in pixels. */
function endDistance(log: Locator): Promise<number> {
  return log.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
}

// What the scripted server says

const timestamp = '2026-01-02T03:04:05.678Z';

function frame(said: ServerMessage): string {
  return JSON.stringify(said);
}

function welcome(room: string, position: { offset: number } = { offset: 0 }): string {
  return frame({
    type: 'welcome',
    room,
    sender: 'server',
    content: `welcome to ${room}`,
    timestamp,
    you: '0198c0de-0000-7000-8000-000000000000',
    name: 'Ada',
    epoch: 'one',
    members: 1,
    recovered: false,
    pingPeriodMs: 25_000,
    ...position,
  });
}

function chat(content: string, offset: number): string {
  return frame({
    type: 'chat',
    room: 'general',
    sender: 'Grace',
    content,
    timestamp,
    id: String(offset),
    offset,
  });
}

function refusal(code: ErrorCode, content: string, retryAfterMs?: number): string {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return frame({ type: 'error', room: '', sender: 'server', content, timestamp, code, ...wait });
}
