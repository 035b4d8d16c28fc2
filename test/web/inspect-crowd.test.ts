/** The inspector's page in a real browser, on a server with 2,000 connections that talk. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { memoryPair, type MemoryPeer } from '../../src/transports/memory.ts';
import { patienceMs, withChromium } from '../support/browser.ts';
import { isMissing, seen, timeoutMs } from '../support/chat-page.ts';
import { InspectorVisit, rowOf } from '../support/inspector-page.ts';
import { scrollThrough, scrollWords } from '../support/scroll-through.ts';
import { crowdFile } from '../support/sequence-records.ts';

const members = 2_000;
const recorded = 10_000;
const membersInRoom = 20;

/** So many say something, so often: each is heard by the members of its room. */
const saidAtOnce = 10;
const everyMs = 100;

const polling = { timeout: patienceMs };

describe.skipIf(isMissing)("the inspector's page with 2,000 connections", { timeout: timeoutMs }, () => {
  let visit: InspectorVisit;
  let page: Page;
  const peers: MemoryPeer[] = [];
  let talking: ReturnType<typeof setInterval>;

  const table = (): Locator => page.getByRole('treegrid', { name: 'Actors' });
  const rowsInDocument = (): Promise<number> => page.getByRole('row').count();
  /** Of connections: they are below server, `connections` and group, or in a recording below server and group. */
  const cells = (column: string): Promise<string[]> =>
    page
      .locator(`.row.actor:is([data-level="3"], [data-level="4"]) [data-column="${column}"]`)
      .allTextContents();
  const sortBy = async (title: string): Promise<void> => {
    await page.getByRole('columnheader', { name: title, exact: true }).getByRole('button').click();
  };
  /** How much the first one has heard. */
  const heard = async (): Promise<number> => Number((await cells('out'))[0] ?? 0);
  /** How much a chart says that there is now. */
  const nowIn = async (title: string): Promise<number> => {
    const label = await page.getByRole('img', { name: `${title}:` }).getAttribute('aria-label');
    return Number.parseFloat(/: ([\d.]+)/.exec(label ?? '')?.[1] ?? '0');
  };

  withChromium.beforeAll(async ({ chromium }) => {
    visit = await InspectorVisit.begin(chromium);
    ({ page } = visit);
    for (let number = 0; number < members; number += 1) {
      const { socket, peer } = memoryPair({ clock: systemClock });
      const room = `room-${Math.floor(number / membersInRoom)}`;
      visit.server.connections.open(socket, { kind: 'chat', room, name: `member-${number}` });
      peers.push(peer);
    }
    let next = 0;
    talking = setInterval(() => {
      for (let said = 0; said < saidAtOnce; said += 1) {
        peers[next % members]?.send('{"type":"chat","content":"hello"}');
        // Neighbours are in one room, and would be one batch.
        next += membersInRoom + 1;
      }
    }, everyMs);
  }, timeoutMs);

  afterAll(async () => {
    clearInterval(talking);
    await visit.end();
  }, timeoutMs);

  it('counts them all, and has only the rows in view in the document', async () => {
    await seen(page.locator('.counts', { hasText: 'connections2000' }));
    await seen(page.getByRole('img', { name: /^Connections: 2000 now/ }));
    await seen(rowOf(page, 'member-0').getByRole('gridcell', { name: 'alive · flowing · clear' }));
    // Server, broker, hub, connections, the group, and the head.
    await seen(page.locator(`[role="treegrid"][aria-rowcount="${members + 6}"]`));
    expect(await rowsInDocument()).toBeLessThan(100);
  });

  it('sorts them, finds one, and scrolls to any', async () => {
    await sortBy('Out');
    await page.waitForFunction(() => document.querySelector('[aria-sort="descending"]'));
    const shown = (await cells('out')).map(Number);
    expect(shown.length).toBeGreaterThan(10);
    expect(shown).toEqual(shown.toSorted((a, b) => b - a));
    await sortBy('Out');
    await sortBy('Out');

    await page.getByRole('searchbox', { name: 'Search actors' }).fill('member-1234');
    await seen(page.locator('[role="treegrid"][aria-rowcount="5"]'));
    expect(await cells('name')).toEqual([expect.stringContaining('member-1234')]);
    await page.getByRole('searchbox', { name: 'Search actors' }).press('Escape');
    await seen(rowOf(page, 'member-0'));

    await table().evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
    await seen(page.getByRole('gridcell', { name: /^member-1\d\d\d$/ }).first());
    expect(await rowsInDocument()).toBeLessThan(100);
    await table().focus();
    await page.keyboard.press('End');
    await seen(page.getByRole('heading', { name: 'member-1999' }));
    await page.keyboard.press('Home');
    await seen(page.getByRole('heading', { name: 'server' }));
  });

  it('moves its counters, gauges and charts with what they do', async () => {
    const canvas = page.locator('.line-chart', { hasText: 'Deliveries/s' }).locator('canvas');
    const picture = (): Promise<string> => canvas.evaluate((drawn: HTMLCanvasElement) => drawn.toDataURL());
    await expect.poll(() => nowIn('Deliveries/s'), polling).toBeGreaterThan(0);
    await expect.poll(() => nowIn('Messages in/s'), polling).toBeGreaterThan(0);
    const [before, out] = [await picture(), (await cells('out'))[0]];
    await expect.poll(picture, polling).not.toBe(before);
    await expect.poll(async () => (await cells('out'))[0], polling).not.toBe(out);
    for (const meter of ['register', 'unregister', 'broadcast'])
      await seen(page.getByRole('meter', { name: meter, exact: true }));
  });

  it('moves nothing that stands, however much is said', async () => {
    await page.evaluate(watchShifts);
    const out = (await cells('out'))[0];
    for (let changes = 0, last = out; changes < 3; changes += 1) {
      await expect.poll(async () => (await cells('out'))[0], polling).not.toBe(last);
      [last] = await cells('out');
    }
    expect(await page.evaluate(() => (globalThis as unknown as Shifting).shifted)).toBeLessThan(0.01);
  });

  it('goes back to a moment, where they stand still, and to live again', async () => {
    const moment = page.getByRole('slider', { name: 'Moment' });
    const now = await heard();
    await moment.press('Home');
    await seen(page.locator('.mode', { hasText: 'past' }));
    const then = await heard();
    expect(then).toBeLessThan(now);
    // Nothing moves there, however much goes on.
    const heardByAll = visit.server.traffic.deliveries;
    await expect.poll(() => visit.server.traffic.deliveries, polling).toBeGreaterThan(heardByAll);
    expect(await heard()).toBe(then);
    await moment.press('End');
    await seen(page.locator('.mode', { hasText: 'live' }));
    await seen(page.locator(`[role="treegrid"][aria-rowcount="${members + 6}"]`));
  });

  it('is scrolled, sorted and searched with few rows in the document in a recording of 10,000', async () => {
    clearInterval(talking);
    const buffer = Buffer.from(crowdFile('crowd.jsonl', recorded));
    const file = { name: 'crowd.jsonl', mimeType: 'application/jsonl', buffer };
    await page.locator('input[type="file"]').setInputFiles(file);
    // Server, hub, the group, and the head.
    await seen(page.locator(`[role="treegrid"][aria-rowcount="${recorded + 4}"]`));
    const report = await scrollThrough(page, { list: '.table', row: '[role="row"]', steps: 20 });
    console.log(`10,000 connections ${scrollWords(report)}`);
    expect(report.most).toBeLessThan(100);
    await seen(rowOf(page, 'member-0'));
    await sortBy('Age');
    await seen(rowOf(page, `member-${recorded - 1}`));
    expect(await rowsInDocument()).toBeLessThan(100);
    await page.getByRole('searchbox', { name: 'Search actors' }).fill('member-1234');
    await seen(page.locator('[role="treegrid"][aria-rowcount="4"]'));
    expect(await cells('name')).toEqual([expect.stringContaining('member-1234')]);
  });
});

interface Shifting {
  shifted: number;
}

/** Adds up in the page how much of it moves by itself: see https://web.dev/articles/cls. */
function watchShifts(): void {
  const page = globalThis as unknown as Shifting;
  page.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { value, hadRecentInput } = entry as PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      };
      if (!hadRecentInput) page.shifted += value;
    }
  }).observe({ type: 'layout-shift' });
}
