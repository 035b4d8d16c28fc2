/** The sequence on the inspector's page, in a real browser: what it shows, how it is read, and what is taken out of it. */
import { readFile } from 'node:fs/promises';
import { renderMermaidSVG } from 'beautiful-mermaid';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { bringAxe, violations } from '../support/axe.ts';
import { withChromium } from '../support/browser.ts';
import { isMissing, seen, timeoutMs, unseen, Visits } from '../support/chat-page.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { serveRecording } from '../support/replay-page.ts';
import { scrollThrough, scrollWords } from '../support/scroll-through.ts';
import { adasVisit, helloOf, longTalk, recordingLines } from '../support/sequence-records.ts';
import { serve } from '../support/test-server.ts';

const viewport = { width: 1_280, height: 800 };

/** As in adasVisit, without what the hub is asked and what is between others. */
const adasStory = [
  'server → Ada: spawn',
  'Ada → reader of Ada: spawn',
  'Ada → writer of Ada: spawn',
  'Ada is now connecting',
  'writer of Ada → Ada: registered',
  'Ada is now open · alive · flowing · clear',
  'reader of Ada → hub: broadcast · tea',
  'hub → writer of Ada: chat',
  'hub → writer of Ada: chat ×3',
  'Ada to itself: after pingPeriod',
  'reader of Ada → Ada: socket.closed',
  'Ada is now closed',
  'from outside → server: emptied',
  'server ignores emptied',
  'Ada ends: done · 1005',
];

function happening(page: Page, words: string | RegExp): Locator {
  return page.getByRole('grid').getByRole('gridcell', { name: words, exact: true });
}

function rowsIn(page: Page): Locator {
  return page.locator('.happening');
}

/** What the rows in view say, in their order. */
function wordsIn(page: Page): Promise<string[]> {
  return page.locator('.happening .visually-hidden').allTextContents();
}

function details(page: Page): Locator {
  return page.getByRole('region', { name: 'Event', exact: true });
}

async function saved(page: Page, button: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFile(await file.path(), 'utf8');
}

describe.skipIf(isMissing)('the sequence', { timeout: timeoutMs }, () => {
  const visits = new Visits();

  withChromium.beforeAll(({ chromium }) => visits.start(chromium), timeoutMs);

  const openRecording = async (records = adasVisit): Promise<Page> => {
    const url = await serveRecording(recordingLines('visit.jsonl', records));
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page } = await visits.open(`${url}#actor=ada&tab=sequence`, { viewport, permissions });
    await seen(page.getByRole('grid'));
    return page;
  };

  it('shows in true order what was recorded of the actor that the address names, and what one filters', async () => {
    const page = await openRecording();
    await seen(happening(page, 'Ada ends: done · 1005'));
    expect(await wordsIn(page)).toEqual(adasStory);
    await seen(page.getByText('15 of 16'));

    await page.getByLabel('Only with this actor').selectOption('With server');
    await unseen(happening(page, 'Ada is now closed'));
    expect(await wordsIn(page)).toEqual(adasStory.filter((words) => words.includes('server')));
    await page.getByLabel('Only with this actor').selectOption('With anyone');

    await page.getByRole('button', { name: 'Types, 1 hidden' }).click();
    await page.getByLabel('batch delivered').uncheck();
    await page.getByLabel('look').check();
    await page.keyboard.press('Escape');
    await seen(happening(page, 'from outside → hub: look'));
    await unseen(happening(page, 'hub → writer of Ada: chat'));

    await page.keyboard.press('/');
    await page.keyboard.type('SOCKET.CLOSED');
    await unseen(happening(page, 'Ada is now connecting'));
    expect(await wordsIn(page)).toEqual(['reader of Ada → Ada: socket.closed', 'Ada is now closed']);
    await page.getByRole('button', { name: 'Actors', exact: true }).click();
    await page.getByRole('button', { name: 'Sequence' }).click();
    await seen(happening(page, 'Ada is now closed'));
    expect(await wordsIn(page)).toHaveLength(2);
    await page.getByLabel('Search the sequence').fill('nobody says this');
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await seen(happening(page, 'hub → writer of Ada: chat'));
  });

  it('adds and removes lifelines, and tells all of an event on a click and by keys', async () => {
    const page = await openRecording();
    await page.getByRole('button', { name: 'Remove the lifeline of writer of Ada' }).click();
    await unseen(happening(page, 'hub → writer of Ada: chat'));
    await page.getByRole('button', { name: 'Lifelines' }).click();
    await page.getByLabel('Search an actor to add').fill('bob');
    await page.getByRole('button', { name: 'Add reader of Bob' }).click();
    await seen(happening(page, 'reader of Bob → hub: broadcast · tea'));

    // They are in the address: to be gone back from, and to be linked to.
    const address = page.url();
    await page.goBack();
    await unseen(happening(page, 'reader of Bob → hub: broadcast · tea'));
    await unseen(page.getByRole('button', { name: 'Remove the lifeline of writer of Ada' }));
    await page.goBack();
    await seen(page.getByRole('button', { name: 'Remove the lifeline of writer of Ada' }));
    await page.goto(address);
    await page.reload();
    await seen(happening(page, 'reader of Bob → hub: broadcast · tea'));
    await unseen(page.getByRole('button', { name: 'Remove the lifeline of writer of Ada' }));

    await page.getByRole('button', { name: 'Lifelines' }).click();
    await page.getByLabel('Arrows of others, from the edge').check();
    await seen(happening(page, 'hub → writer of Bob: chat'));
    await page.getByRole('button', { name: 'Follow the selected actor' }).click();
    await unseen(happening(page, 'reader of Bob → hub: broadcast · tea'));
    await seen(page.getByRole('button', { name: 'Remove the lifeline of writer of Ada' }));
    await page.keyboard.press('Escape');

    await happening(page, 'reader of Ada → Ada: socket.closed').click();
    await seen(details(page).getByText('"reason": "bye"'));
    await seen(details(page).getByText('After it: closed.'));
    await details(page).getByRole('button', { name: 'Close the event' }).click();
    await unseen(details(page));
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await seen(details(page).getByRole('heading', { name: 'Ada → reader of Ada: spawn' }));
    await page.locator('#happening:focus').waitFor();
    await page.keyboard.press('Escape');
    await unseen(details(page));
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    expect(await details(page).locator('pre').textContent()).toContain('"kind": "stop"');
  });

  it('goes out of the page as Mermaid and as a picture that stands by itself', async () => {
    const page = await openRecording();
    await seen(happening(page, 'Ada is now closed'));
    await page.getByRole('button', { name: 'Export' }).click();
    const mermaid = await saved(page, 'Save as Mermaid');
    const arrows = mermaid.split('\n').filter((line) => /->>|-\)/.test(line));
    expect(renderMermaidSVG(mermaid).split('<g class="message"').length - 1).toBe(arrows.length);
    await page.getByRole('button', { name: 'Copy as Mermaid' }).click();
    await seen(page.getByText('Copied.'));
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(mermaid);

    const svg = await saved(page, 'Save as SVG');
    expect(svg).not.toMatch(/var\(|url\(|href=|<script/);
    // Somewhere else, where it has no style sheet but its own.
    const elsewhere = await page.context().newPage();
    const { fault, words, fill } = await elsewhere.evaluate((text) => {
      const picture = new DOMParser().parseFromString(text, 'image/svg+xml');
      document.body.replaceChildren(document.importNode(picture.documentElement, true));
      const titles = [...document.querySelectorAll('g > title')].map(({ textContent }) => textContent);
      const paper = document.querySelector('.paper');
      return {
        fault: picture.querySelector('parsererror')?.textContent,
        words: titles,
        fill: paper === null ? '' : getComputedStyle(paper).fill,
      };
    }, svg);
    expect(fault).toBeUndefined();
    expect(words).toEqual(adasStory);
    expect(fill).toBe('rgb(255, 255, 255)');
  });

  it('of 20,000 records has few rows in the document, and is scrolled smoothly', async () => {
    const url = await serveRecording(recordingLines('long.jsonl', longTalk(20_000)));
    const { page } = await visits.open(`${url}#actor=bob&tab=sequence`, { viewport });
    await seen(page.locator('.sequence-bar').getByText('20k', { exact: true }));
    await seen(happening(page, 'hub → writer of Bob: chat').last());
    expect(await rowsIn(page).count()).toBeLessThan(100);
    const report = await scrollThrough(page, { list: '.sequence-grid', row: '.happening', steps: 60 });
    console.log(`20,000 records ${scrollWords(report)}`);
    expect(report.most).toBeLessThan(100);
    expect(await rowsIn(page).first().getAttribute('aria-rowindex')).toBe('2');
  });

  it('follows what comes, counts it while it is paused, and tells the story of a connection in one click', async () => {
    const server = await serve({ rate: 0 });
    const { page } = await visits.open(`${server.url}/inspect/#tab=sequence`, { viewport });
    await seen(page.getByText('Nothing has passed between these'));
    const ada = await joinByWebSocket(server, { name: 'ada', room: 'tea' });
    await seen(happening(page, 'reader of ada → hub: register · tea'));

    await page.getByRole('button', { name: 'Actors', exact: true }).click();
    await page.getByRole('gridcell', { name: 'ada', exact: true }).click();
    await page.getByRole('button', { name: 'What happened?' }).click();
    await seen(happening(page, 'ada is now open · alive · flowing · clear'));
    for (const name of ['ada', 'reader of ada', 'writer of ada', 'hub', 'connections']) {
      await seen(page.getByRole('button', { name: `Remove the lifeline of ${name}`, exact: true }));
    }
    expect(new URL(page.url()).hash).toMatch(/^#actor=x%3A\d+&tab=sequence$/);

    await page.getByRole('button', { name: 'Pause the sequence' }).click();
    const before = await wordsIn(page);
    for (let count = 0; count < 5; count += 1) {
      ada.say(`message ${count}`);
      await ada.next('chat', ({ content }) => content === `message ${count}`);
    }
    await seen(page.getByRole('button', { name: 'Resume the sequence, 10 new' }));
    expect(await wordsIn(page)).toEqual(before);
    await page.getByRole('button', { name: 'Resume the sequence' }).click();
    await page.waitForFunction(
      (count) => document.querySelectorAll('.happening').length === count,
      before.length + 10,
    );

    ada.close();
    await seen(happening(page, /^ada ends: done · 1000$/));
    await page.getByRole('button', { name: 'Graveyard' }).click();
    await page.locator('.graveyard').getByRole('button', { name: 'What happened?' }).click();
    await seen(happening(page, 'connections → ada: spawn'));
  });

  it('keeps its place while one reads, and says how much is new', async () => {
    const server = await serve({ rate: 0 });
    const { page } = await visits.open(`${server.url}/inspect/#tab=sequence`, { viewport });
    await seen(page.getByText('Nothing has passed between these'));
    const ada = await joinByWebSocket(server, { name: 'ada', room: 'tea' });
    const talk = async (from: number, to: number): Promise<void> => {
      for (let count = from; count < to; count += 1) {
        ada.say(`message ${count}`);
        await ada.next('chat', ({ content }) => content === `message ${count}`);
      }
    };
    await talk(0, 20);
    const last = page.locator('.happening').last();
    await page.waitForFunction(() => (document.querySelector('.sequence-grid')?.scrollTop ?? 0) > 300);
    await page.locator('.sequence-grid').evaluate((grid) => grid.scrollTo({ top: 30 }));
    const newer = page.locator('.newer');
    await seen(newer.getByText('Latest'));
    await talk(20, 23);
    await seen(newer.getByText('6 new'));
    expect(await page.locator('.sequence-grid').evaluate((grid) => grid.scrollTop)).toBe(30);
    await newer.click();
    await unseen(newer);
    await talk(23, 24);
    await seen(last);
    await page.waitForFunction(() => {
      const grid = document.querySelector('.sequence-grid');
      const rows = document.querySelectorAll('.happening');
      const end = grid?.getBoundingClientRect().bottom ?? 0;
      return Math.abs((rows[rows.length - 1]?.getBoundingClientRect().bottom ?? 0) - end) < 20;
    });
  });

  it('tells the kept story of a connection of which there are no records', async () => {
    const server = await serve();
    const gone = await joinByWebSocket(server, { name: 'gone', room: 'tea' });
    gone.close();
    await gone.closed;
    const { page } = await visits.open(`${server.url}/inspect/#tab=graveyard`, { viewport });
    await page.locator('.graveyard').getByRole('button', { name: 'What happened?' }).click();
    await seen(page.getByRole('heading', { name: 'What happened to gone' }));
    await seen(page.locator('.lost-story').getByText('registered', { exact: true }));
    expect(await page.locator('.lost-story .steps li').count()).toBeGreaterThan(2);
    await page.getByRole('button', { name: 'Show the sequence' }).click();
    await seen(page.getByRole('grid'));
  });

  it('says of an empty recording that it is empty, wherever one looks', async () => {
    const url = await serveRecording([JSON.stringify(helloOf('empty.jsonl'))]);
    const { page } = await visits.open(url, { viewport });
    await seen(page.getByText('This recording is empty'));
    await seen(page.getByText('There is no actor to select.'));
    await seen(page.getByText('Nothing was measured before this moment'));
    await page.getByRole('button', { name: 'Sequence' }).click();
    await seen(page.getByText('There is nobody to draw a lifeline for.'));
    expect(await rowsIn(page).count()).toBe(0);
  });

  it('has no violation that axe knows, light or dark', async () => {
    const page = await openRecording();
    await happening(page, 'reader of Ada → Ada: socket.closed').click();
    await seen(details(page));
    await page.getByRole('button', { name: 'Lifelines' }).click();
    await bringAxe(page);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Types, 1 hidden' }).click();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page)).toEqual([]);
  });
});
