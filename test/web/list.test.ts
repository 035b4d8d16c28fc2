/** The chat page's list of messages: thousands of them, older ones, and where one was reading. */
import { EventEmitter, once } from 'node:events';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { withChromium } from '../support/browser.ts';
import { isMissing, message, say, seen, sent, timeoutMs, unseen, Visits } from '../support/chat-page.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { serve } from '../support/test-server.ts';

/** No limit is in the way of a test that says a lot. */
const generous = {
  rate: 0,
  outboxMessages: 10_000,
  outboxBytes: 64 * 1_024 * 1_024,
  writeWaitMs: 60_000,
};

const scroller = (page: Page) => page.getByRole('region', { name: /^Messages in/ });

/** How far the list is from its end. */
const fromEnd = (page: Page): Promise<number> =>
  scroller(page).evaluate((list) => Math.round(list.scrollHeight - list.scrollTop - list.clientHeight));

async function scrollUpUntil(page: Page, text: string): Promise<void> {
  await page.waitForFunction((wanted) => {
    const list = document.querySelector('.scroller');
    const isThere = list?.scrollTop === 0 && document.querySelector('.older')?.textContent === wanted;
    list?.scrollTo({ top: 0 });
    return isThere;
  }, text);
}

describe.skipIf(isMissing)("the chat page's list", { timeout: timeoutMs }, () => {
  const visits = new Visits();

  withChromium.beforeAll(({ chromium }) => visits.start(chromium), timeoutMs);

  it('of 5,000 messages has few of them in the document, and is scrolled smoothly', async () => {
    const server = await serve(generous);
    const page = await visits.enter(server.url, 'Ada', 'crowd');
    const grace = await joinByWebSocket(server, { room: 'crowd', name: 'Grace' });
    for (let i = 1; i <= 5_000; i += 1) grace.say(`message ${i} ${'and more '.repeat(i % 12)}`.trim());
    await seen(page.getByText(/^message 5000\b/));
    expect(await fromEnd(page)).toBeLessThanOrEqual(1);
    expect(await page.getByRole('article').count()).toBeLessThan(100);

    const { frames, slowestMs, medianMs, most } = await page.evaluate(scrollThrough);
    console.log(
      `5,000 messages scrolled from end to start: ${frames} frames, median ${medianMs.toFixed(1)} ms, slowest ` +
        `${slowestMs.toFixed(0)} ms, at most ${most} messages in the document`,
    );
    expect(most).toBeLessThan(150);
    await seen(page.getByText(/^message 1\b/));
  });

  it('loads what was said before as one scrolls up, and keeps the place', async () => {
    const server = await serve({ ...generous, historyMessages: 500 });
    const grace = await joinByWebSocket(server, { room: 'past', name: 'Grace' });
    for (let i = 1; i <= 160; i += 1) grace.say(`message ${i}`);
    await grace.next('chat', ({ content }) => content === 'message 160');
    // The answer waits until it is known where one was reading.
    const gate = new EventEmitter();
    const answered = once(gate, 'open');
    const page = await visits.enter(server.url, 'Ada', 'past', {
      viewport: { width: 1_000, height: 500 },
      prepare: (blank) =>
        blank.route(/history\?before=61&/, async (route) => {
          await answered;
          await route.continue();
        }),
    });
    await seen(message(page, 'message 160'));
    expect(await fromEnd(page)).toBeLessThanOrEqual(1);
    await message(page, 'message 160').hover();
    await page.mouse.wheel(0, -20_000);
    await page.waitForFunction(() => {
      document.querySelector('.scroller')?.scrollTo({ top: 0 });
      return document.querySelector('.text')?.textContent === 'message 61';
    });
    await scrollUpUntil(page, 'Loading earlier messages…');
    const before = await message(page, 'message 62').boundingBox();
    gate.emit('open');
    await page.waitForFunction(() => (document.querySelector('.scroller')?.scrollTop ?? 0) > 100);
    // It may take a frame or two until the new rows are measured.
    const y = async () => (await message(page, 'message 62').boundingBox())?.y;
    await expect.poll(y, { timeout: 10_000 }).toBeCloseTo(before?.y ?? 0, -1);

    await scrollUpUntil(page, 'This is where #past begins.');
    await seen(message(page, 'message 1'));
    const texts = await page.locator('.text').allInnerTexts();
    expect(texts).toEqual(texts.map((_, index) => `message ${index + 1}`));
  });

  it('keeps its place while others talk, offers what is new, and follows it at its end', async () => {
    const server = await serve({ ...generous });
    const grace = await joinByWebSocket(server, { room: 'place', name: 'Grace' });
    for (let i = 1; i <= 60; i += 1) grace.say(`message ${i}`);
    await grace.next('chat', ({ content }) => content === 'message 60');
    const page = await visits.enter(server.url, 'Ada', 'place', { viewport: { width: 1_000, height: 500 } });
    await seen(message(page, 'message 60'));
    await scroller(page).hover();
    await page.mouse.wheel(0, -600);
    await seen(page.getByRole('button', { name: 'Latest' }));
    const [top] = await page
      .locator('.text')
      .evaluateAll((all) => all.map((text) => text.getBoundingClientRect().top));
    for (let i = 61; i <= 63; i += 1) grace.say(`message ${i}`);
    const newer = page.getByRole('button', { name: '3 new' });
    await seen(newer);
    expect(
      (
        await page.locator('.text').evaluateAll((all) => all.map((text) => text.getBoundingClientRect().top))
      )[0],
    ).toBe(top);

    // The place is kept over a visit to another room.
    await page.keyboard.press('Alt+j');
    await page.keyboard.type('elsewhere');
    await page.keyboard.press('Enter');
    await unseen(message(page, 'message 40'));
    await page.getByRole('link', { name: 'place' }).click();
    await seen(message(page, 'message 40'));
    expect(await fromEnd(page)).toBeGreaterThan(300);

    await page.getByRole('button', { name: /Latest|new/ }).click();
    await seen(message(page, 'message 63'));
    await unseen(page.getByRole('button', { name: /Latest|new/ }));
    grace.say('message 64');
    await seen(message(page, 'message 64'));
    expect(await fromEnd(page)).toBeLessThanOrEqual(1);

    // However much is said meanwhile, whoever scrolls up gets there.
    for (let i = 65; i <= 80; i += 1) grace.say(`message ${i}`);
    await page.mouse.wheel(0, -600);
    for (let i = 81; i <= 96; i += 1) grace.say(`message ${i}`);
    await seen(page.getByRole('button', { name: /Latest|new/ }));
    expect(await fromEnd(page)).toBeGreaterThan(300);

    // Whoever says something wants to see it.
    await say(page, 'mine');
    await seen(sent(page, 'mine'));
    expect(await fromEnd(page)).toBeLessThanOrEqual(1);
  });
});

/** Scrolls from the end to the start as fast as a flick of the wheel, and measures each frame. Runs in the page. */
async function scrollThrough() {
  const list = document.querySelector('.scroller');
  if (list === null) throw new Error('there is no list');
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- what runs in the page has nothing around it
  const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
  const times: number[] = [];
  let most = 0;
  let last = await frame();
  const step = list.scrollHeight / 60;
  while (list.scrollTop > 0) {
    list.scrollTop -= step;
    const now = await frame();
    times.push(now - last);
    last = now;
    most = Math.max(most, document.querySelectorAll('article').length);
  }
  times.sort((a, b) => a - b);
  return {
    frames: times.length,
    slowestMs: times.at(-1) ?? 0,
    medianMs: times[Math.floor(times.length / 2)] ?? 0,
    most,
  };
}
