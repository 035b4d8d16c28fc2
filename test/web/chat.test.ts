/** The chat page in a real Chromium: rooms, names, what is said and how it is shown. */
import { afterAll, describe, expect, it } from 'vitest';
import type { ChatServer } from '../../src/index.ts';
import { withChromium } from '../support/browser.ts';
import {
  box,
  connected,
  heading,
  isMissing,
  message,
  note,
  say,
  seen,
  sent,
  timeoutMs,
  unseen,
  Visits,
} from '../support/chat-page.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { serveUntilEnd } from '../support/test-server.ts';

describe.skipIf(isMissing)('the chat page', { timeout: timeoutMs }, () => {
  const visits = new Visits();
  let server: ChatServer;
  let url = '';
  let end: () => Promise<void>;

  withChromium.beforeAll(async ({ chromium }) => {
    visits.start(chromium);
    ({ server, end } = await serveUntilEnd());
    ({ url } = server);
  }, timeoutMs);

  afterAll(() => end(), timeoutMs);

  it('goes on beside a part of it that has a fault, which is shown when it is tried again', async () => {
    const alan = await joinByWebSocket(server, { room: 'faults', name: 'Alan' });
    const page = await visits.enter(url, 'Ada', 'faults', { expected: /format is not a function/ });
    const broken = await page.evaluateHandle(() => {
      const { prototype } = Intl.DateTimeFormat;
      const whole = Object.getOwnPropertyDescriptor(prototype, 'format') ?? {};
      // What is asked for it has no such method.
      Object.defineProperty(prototype, 'format', { value: undefined, configurable: true });
      return { mend: () => Object.defineProperty(prototype, 'format', whole) };
    });
    alan.say('hello');
    const alert = page.getByRole('alert');
    await seen(alert.getByText('What was said cannot be shown.'));
    await say(page, 'still here');
    await alan.next('chat', ({ content }) => content === 'still here');
    await broken.evaluate(({ mend }) => void mend());
    await alert.getByRole('button', { name: 'Try again' }).click();
    await seen(sent(page, 'still here'));
    expect(await message(page, 'hello').count()).toBe(1);
  });

  it('two tabs talk, see who comes and goes, and have it read out', async () => {
    const alan = await joinByWebSocket(server, { room: 'talk', name: 'Alan' });
    alan.say('long ago');
    await alan.next('chat');
    const [ada, grace] = await Promise.all([
      visits.enter(url, 'Ada', 'talk'),
      visits.enter(url, 'Grace', 'talk'),
    ]);
    const members = ada.getByRole('list', { name: 'Members' }).getByRole('listitem');
    await seen(members.filter({ hasText: 'Grace' }));

    await say(ada, 'hello, Grace');
    await seen(sent(ada, 'hello, Grace'));
    await seen(message(grace, 'hello, Grace').filter({ hasText: 'Ada' }));
    await say(grace, 'hello, Ada');
    await seen(message(ada, 'hello, Ada').filter({ hasText: 'Grace' }));
    expect(await ada.locator('.text').allInnerTexts()).toEqual(['long ago', 'hello, Grace', 'hello, Ada']);
    // What is new is read out: nothing of the past, and nothing that one said oneself.
    expect(await ada.getByRole('log').locator('p').allInnerTexts()).toEqual(['Grace: hello, Ada']);
    expect(await ada.getByRole('status').first().innerText()).toBe('talk: Connected · WebSocket');

    await grace.getByRole('button', { name: 'Leave talk' }).click();
    await seen(grace.getByText('You are in no room. Join one to chat.'));
    await seen(note(ada, 'Grace left'));
    await unseen(members.filter({ hasText: 'Grace' }));
  });

  it('a room in which nothing was said says so, and where others come in, until somebody says something', async () => {
    const ada = await visits.enter(url, 'Ada', 'silent');
    const invitation = ada.getByRole('heading', { name: 'Nobody has said anything in #silent yet' });
    await seen(invitation);
    const [grace] = await Promise.all([
      ada.waitForEvent('popup'),
      ada.getByRole('link', { name: `${url}/#silent` }).click(),
    ]);
    await connected(grace);
    await seen(invitation);
    await say(grace, 'hello?');
    await seen(message(ada, 'hello?'));
    await unseen(invitation);
    await seen(ada.getByText('This is where #silent begins.'));
    expect(await ada.getByRole('article').count()).toBe(1);
  });

  it('what a member types is never markup, and only safe links are links', async () => {
    const markup = '<img src=x onerror="document.title=1"><script>alert(1)</script>&amp;';
    const links = 'javascript:alert(1) data:text/html,x https://example.com/a?b=1#c ada@example.com';
    const ada = await joinByWebSocket(server, { room: 'markup', name: '<b>Ada</b>' });
    const grace = await visits.enter(url, 'Grace', 'markup');
    for (const text of [markup, links, '`<i>code</i>`', '```\n<u>block</u>\n```']) ada.say(text);
    await seen(message(grace, markup).filter({ hasText: '<b>Ada</b>' }));
    await seen(grace.locator('pre').getByText('<u>block</u>', { exact: true }));
    await seen(grace.locator('.text > code').getByText('<i>code</i>', { exact: true }));
    const scroller = grace.getByRole('region', { name: 'Messages in markup' });
    expect(await scroller.locator('img, script, i, u, b:not(.sender)').count()).toBe(0);
    expect(await grace.title()).toBe('#markup · hubbub');
    const anchors = scroller.locator('.text a');
    expect(await anchors.evaluateAll((all) => all.map((a) => a.getAttribute('href')))).toEqual([
      'https://example.com/a?b=1#c',
      'mailto:ada@example.com',
    ]);
    expect(await anchors.first().getAttribute('rel')).toContain('noopener');
  });

  it('further rooms count what is unread, show where it begins, and keep what one was writing', async () => {
    const ada = await visits.enter(url, 'Ada', 'tea');
    const grace = await joinByWebSocket(server, { room: 'tea', name: 'Grace' });
    await box(ada).fill('half a tho');
    await ada.getByLabel('Join or create a room').fill('coffee');
    await ada.keyboard.press('Enter');
    await seen(heading(ada, 'coffee'));

    grace.say('anyone for tea?');
    const tea = ada.getByRole('link', { name: 'tea' });
    await seen(tea.getByText('1 unread'));
    await ada.waitForFunction(() => document.title === '(1) #coffee · hubbub');
    await tea.click();
    await seen(message(ada, 'anyone for tea?'));
    await seen(ada.getByText('New', { exact: true }));
    await unseen(tea.getByText('1 unread'));
    expect(await box(ada).inputValue()).toBe('half a tho');
    await ada.waitForFunction(() => document.title === '#tea · hubbub');
  });

  it('a new name is taken in every room at once, and kept', async () => {
    const ada = await visits.enter(url, 'Ada', 'names', { memory: { rooms: 'names names-too' } });
    await say(ada, 'before');
    await ada.getByRole('button', { name: 'Change your name' }).click();
    await ada.getByLabel('What others see').fill('Ada Lovelace');
    await ada.keyboard.press('Enter');
    await say(ada, 'after');
    await seen(message(ada, 'after').filter({ hasText: 'Ada Lovelace (you)' }));
    await seen(message(ada, 'before'));
    await ada.reload();
    await connected(ada);
    await seen(ada.getByRole('button', { name: 'Ada Lovelace' }));
    await seen(message(ada, 'after').filter({ hasText: 'Ada Lovelace (you)' }));
    await ada.getByRole('link', { name: 'names-too' }).click();
    const members = ada.getByRole('list', { name: 'Members' }).getByRole('listitem');
    await seen(members.filter({ hasText: 'Ada Lovelace' }));
    expect(await members.count()).toBe(1);
  });

  it('an address that names no room says so and goes to general; without a name one is a guest', async () => {
    const { page } = await visits.open(`${url}/#no%20good`);
    await seen(page.getByRole('alert').filter({ hasText: '“no good” is no room name' }));
    await seen(heading(page, 'general'));
    expect(page.url()).toBe(`${url}/#general`);
    await connected(page);
    const name = await page.locator('.who .name').innerText();
    await say(page, 'who am I?');
    await seen(message(page, 'who am I?').filter({ hasText: `${name} (you)` }));
  });

  it('a memory that is spoilt keeps nobody out: what is a room name in it is entered', async () => {
    const page = await visits.enter(url, 'Ada', 'spoilt', { memory: { rooms: '.. . <b> \uFFFD tea' } });
    await seen(page.getByRole('button', { name: 'Leave tea' }));
    expect(await page.getByRole('button', { name: /^Leave/ }).count()).toBe(2);
  });

  it('is used by keyboard alone', async () => {
    const page = await visits.enter(url, 'Ada', 'keys');
    await page.waitForFunction(() => document.activeElement?.id === 'text');
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    await seen(message(page, 'one two'));
    expect(await page.locator('.text').innerText()).toBe('one\ntwo');

    await page.keyboard.press('Alt+j');
    await page.keyboard.type('keys-too');
    await page.keyboard.press('Enter');
    await seen(heading(page, 'keys-too'));
    await page.keyboard.press('Alt+ArrowUp');
    await seen(heading(page, 'keys'));
    await page.keyboard.press('Alt+ArrowDown');
    await seen(heading(page, 'keys-too'));

    const members = page.getByRole('complementary', { name: 'Members' });
    await page.keyboard.press('Alt+m');
    await unseen(members);
    await page.keyboard.press('Alt+m');
    await seen(members);

    await page.getByRole('region', { name: 'Messages in keys-too' }).focus();
    await page.keyboard.press('?');
    await seen(page.getByRole('dialog', { name: 'Help' }));
    await page.keyboard.press('Escape');
    await unseen(page.getByRole('dialog', { name: 'Help' }));
    const panel = page.getByRole('dialog', { name: 'Connection' });
    await page.getByRole('button', { name: 'connection details' }).focus();
    await page.keyboard.press('Enter');
    await seen(panel.getByRole('img', { name: /now in heartbeat.alive|now in .*alive/ }));
    await page.keyboard.press('Escape');
    await unseen(panel);

    // Tab goes everywhere, in the order in which one reads.
    await page.evaluate('document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus()');
    const stops: string[] = [];
    for (let i = 0; i < 15; i += 1) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(`(({ id, innerText, ariaLabel, title }) =>
          id || ariaLabel || title || innerText)(document.activeElement)`),
      );
    }
    expect(stops.map((stop) => stop.replaceAll('\n', ' '))).toEqual([
      '# keys',
      'Leave keys',
      '# keys-too',
      'Leave keys-too',
      'join',
      'Join',
      expect.stringContaining('Ada'),
      'Look: as the system',
      'Help (?)',
      'How the connection is',
      'Hide members (Alt+M)',
      'Messages in keys-too',
      `${url}/#keys-too`,
      'text',
      'Hide members',
    ]);
  });
});
