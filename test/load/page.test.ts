import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { pageOf } from '../../src/load/page.ts';
import { Statistics } from '../../src/load/statistics.ts';
import { chromiumMissing, chromiumPath, withChromium, type Chromium } from '../support/browser.ts';
import { patient } from '../support/test-server.ts';
import { exampleReport } from './example-report.ts';

const output = { problem: undefined, isInterrupted: false, elapsedMs: 0 };

test('the page refers to nothing outside of itself, and has no script', () => {
  const page = pageOf(exampleReport());
  expect(page).not.toMatch(/<script|<link|<img|<iframe|<object|@import|url\(|\b(src|href|on\w+)\s*=/i);
  // What is tested is named, but not linked to.
  expect(page.replaceAll('ws://chat.example', '')).not.toMatch(/\w+:\/\//);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test('the page says what the report says', () => {
  const page = pageOf(exampleReport());
  const text = page.replaceAll(/<style>.*<\/style>|<[^>]*>/gs, ' ').replaceAll(/\s+/g, ' ');
  for (const said of [
    'Load test of ws://chat.example 1 threshold failed',
    '20 virtual users in 2 rooms, each 1 message of 64 bytes a second, for 30s (ramp 5s)',
    'Latency, p95 11.23ms median 6.74ms',
    'Received 200/s 6,000 messages',
    'Lost 3 0 duplicated',
    'Checks 99.98% 6,020 of 6,021',
    'status is 101 ✓ 20 / ✗ 1',
    '4001 slow consumer 1',
    'rate_limited 4',
  ]) {
    expect(text).toContain(said);
  }
});

test('the bars of the histogram hold every message', () => {
  const page = pageOf(exampleReport());
  const counts = [...page.matchAll(/<title>[^<]* – [^<]*: ([\d,]+)<\/title>/g)].map(([, count]) =>
    Number(count?.replaceAll(',', '')),
  );
  expect(counts).toHaveLength(60);
  // Each is rounded, and a bucket may be shared by two bars.
  expect(Math.abs(counts.reduce((sum, count) => sum + count, 0) - 600)).toBeLessThan(30);
});

test('nothing that a server says is HTML', () => {
  const statistics = new Statistics();
  statistics.errors.add('<img src=x onerror=alert(1)>');
  const page = pageOf(exampleReport({ statistics, output }));
  expect(page).not.toContain('<img');
  expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;');
});

test('a test in which nothing happened has a page too', () => {
  const page = pageOf(exampleReport({ statistics: new Statistics(), output, thresholds: [] }));
  expect(page).toContain('No message came back.');
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});

test('one message is enough for its charts', () => {
  const statistics = new Statistics();
  statistics.sent = 1;
  statistics.cameBack(5);
  statistics.sample(1_000);
  expect(pageOf(exampleReport({ statistics, output }))).not.toMatch(/NaN|Infinity|undefined/);
});

describe.skipIf(chromiumPath === undefined)(
  `in a browser (${chromiumPath ?? chromiumMissing})`,
  patient,
  () => {
    let chromium: Chromium;
    withChromium.beforeAll(({ chromium: started }) => {
      chromium = started;
    }, patient.timeout);

    test.each([360, 1_280])('at a width of %d nothing goes wrong, and nothing sticks out', async (width) => {
      const folder = mkdtempSync(join(tmpdir(), 'hubbub-page-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const file = join(folder, 'report.html');
      writeFileSync(file, pageOf(exampleReport()));
      const tab = await chromium.open(pathToFileURL(file).href, { viewport: { width, height: 800 } });
      onTestFinished(() => tab.leave());
      const { page, problems } = tab;
      expect(await page.locator('.chart').count()).toBe(5);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(problems).toEqual([]);
    });
  },
);
