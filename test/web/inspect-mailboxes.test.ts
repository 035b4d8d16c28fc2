/** The inspector's page in a real browser: how full the mailboxes are, and who waits for room in them, by name. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { withChromium, type Chromium } from '../support/browser.ts';
import { isMissing, seen, timeoutMs } from '../support/chat-page.ts';
import { cutTexts } from '../support/cut-text.ts';
import { serveRecording } from '../support/replay-page.ts';
import { recordingLines } from '../support/sequence-records.ts';

const channel = { depth: 0, capacity: 256, parked: 0, parkedIds: [] };

const full = {
  kind: 'gauges',
  channels: [
    { ...channel, name: 'register' },
    { ...channel, name: 'unregister', depth: 3 },
    { name: 'broadcast', depth: 1_024, capacity: 1_024, parked: 3, parkedIds: ['c-Bob', 'c-gone'] },
  ],
  actors: 5,
  connections: { connecting: 0, open: 1, closing: 0 },
  rooms: 1,
  outboxes: {
    messages: 12,
    bytes: 34_000,
    capacity: { messages: 256, bytes: 1_048_576 },
    fullest: [
      { id: 'c-Bob', messages: 9, bytes: 30_000 },
      { id: 'c-gone', messages: 3, bytes: 4_000 },
    ],
  },
  broker: { state: 'degraded', inFlight: 64, window: 64 },
  eventLoopDelayMs: { p50: 1, p99: 5, max: 12 },
  rssBytes: 1e8,
} as const;

describe.skipIf(isMissing)("the mailboxes of the inspector's page", { timeout: timeoutMs }, () => {
  let chromium: Chromium;

  withChromium.beforeAll(({ chromium: found }) => {
    chromium = found;
  });

  it('show depth, capacity and who is parked, the fullest outboxes, and the broker', async () => {
    const url = await serveRecording(recordingLines('full.jsonl', [full]));
    const tab = await chromium.open(url, { viewport: { width: 1_280, height: 800 } });
    onTestFinished(() => tab.leave());
    const { page } = tab;
    const gauges = page.getByRole('list', { name: 'Gauges' });
    await seen(gauges);
    expect((await gauges.getByRole('listitem').allTextContents()).map((words) => words.trim())).toEqual([
      'register0 / 256',
      'unregister3 / 256',
      'broadcast1024 / 10243 parked: Bob, c-gone, …',
      'broker window64 / 64degraded',
      'outboxes12 messages, 34 kB: Bob 30 kB, c-gone 4 kB',
    ]);
    expect(await gauges.getByRole('meter', { name: 'broadcast' }).getAttribute('value')).toBe('1024');
    expect(await cutTexts(page)).toEqual([]);
    await gauges.focus();
    await page.keyboard.press('End');
    await expect.poll(() => gauges.evaluate((list) => list.scrollTop)).toBeGreaterThan(0);
    expect(tab.problems).toEqual([]);
  });
});
