/** The inspector's page in a real browser: it goes back in time, plays it, and shows recordings. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { Definition } from '../../src/inspector/messages.ts';
import { systemClock } from '../../src/clock.ts';
import { memoryPair, type MemoryPeer } from '../../src/transports/memory.ts';
import { bringAxe, violations } from '../support/axe.ts';
import { patienceMs, withChromium } from '../support/browser.ts';
import { isMissing, seen, timeoutMs, unseen } from '../support/chat-page.ts';
import { InspectorVisit, lit, rowOf } from '../support/inspector-page.ts';

// They follow one another in one tab, on one server: ada has come and gone, bea has come and stays.
describe.skipIf(isMissing)("the inspector's page, in time", { timeout: timeoutMs }, () => {
  let visit: InspectorVisit;
  let page: Page;
  let folder: string;
  let file: string;

  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const moment = (): Locator => page.getByRole('slider', { name: 'Moment' });
  const chart = (name: RegExp): Locator => page.getByRole('img', { name });
  /** One who stays until told otherwise. */
  const enter = (name: string): MemoryPeer => {
    const { socket, peer } = memoryPair({ clock: systemClock });
    visit.server.connections.open(socket, { kind: 'chat', room: 'tea', name });
    return peer;
  };

  /** Steps from event to event until something is there. */
  const stepTo = async (way: 'Previous event' | 'Next event', wanted: Locator): Promise<void> => {
    for (let steps = 0; !(await wanted.isVisible()); steps += 1) {
      expect(steps).toBeLessThan(100);
      await button(way).click();
    }
  };

  /** As by a mouse that has dragged it from elsewhere. */
  const drop = async (name: string, text: string): Promise<void> => {
    const dataTransfer = await page.evaluateHandle(
      ([fileName, content]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content], fileName));
        return transfer;
      },
      [name, text] as const,
    );
    await page.dispatchEvent('body', 'drop', { dataTransfer });
  };

  withChromium.beforeAll(async ({ chromium }) => {
    folder = await mkdtemp(path.join(tmpdir(), 'hubbub-'));
    file = path.join(folder, 'trace.jsonl');
    visit = await InspectorVisit.begin(chromium);
    ({ page } = visit);
    // What is asked for a file takes the one that was saved.
    page.on('filechooser', (chooser) => void chooser.setFiles(file));
  }, timeoutMs);

  afterAll(async () => {
    // The policy stops what the drawing that is none would do, already where it is read.
    await visit.end(/Executing inline event handler violates/);
    await rm(folder, { recursive: true });
  }, timeoutMs);

  it('goes back to a moment: its actors, its chart and its gauges; and from event to event of one actor', async () => {
    const ada = enter('ada');
    await seen(rowOf(page, 'ada'));
    await rowOf(page, 'ada').click();
    await seen(lit(page, 'open_heartbeat_alive'));
    enter('bea').send('{"type":"chat","content":"hello"}');
    await seen(chart(/^Connections: 2 now/));
    ada.close();
    await seen(page.getByText('has ended with 1000'));
    await seen(chart(/^Connections: 1 now/));

    await seen(button('Live'));
    await button('Previous event').click();
    await seen(button('Back to live'));
    await seen(page.locator('.mode', { hasText: 'past' }));
    expect(await moment().getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d:\d\d\.\d{3}, −\d+\.\d s$/);
    await stepTo('Previous event', lit(page, 'open_heartbeat_alive'));
    await seen(rowOf(page, 'ada').getByRole('gridcell', { name: 'alive · flowing · clear' }));
    await seen(rowOf(page, 'bea'));
    await seen(chart(/^Connections: 2 now/));
    await seen(page.locator('.words', { hasText: /^ada: / }));

    await button('Next event').click();
    await unseen(lit(page, 'open_heartbeat_alive'));
    await button('Previous event').click();
    await seen(lit(page, 'open_heartbeat_alive'));
    await stepTo('Previous event', lit(page, 'connecting'));
    await unseen(rowOf(page, 'bea'));
    await stepTo('Previous event', page.getByText('No earlier event of ada is kept.'));
    await stepTo('Next event', lit(page, 'open_heartbeat_alive'));
    await seen(page.locator('.chart .edge.taken').first());
  });

  it('is gone about in by keys, and says that nothing can be done in the past', async () => {
    await moment().focus();
    await page.keyboard.press('Home');
    await unseen(rowOf(page, 'ada'));
    await seen(rowOf(page, 'hub'));
    await page.keyboard.press('End');
    await seen(button('Live'));
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await seen(button('Back to live'));
    await page.keyboard.press('End');
    await seen(button('Live'));
    expect(await moment().getAttribute('aria-valuetext')).toContain(', now');
    await rowOf(page, 'bea').click();
    await button('Pause').click();
    expect(await button('Kick: only when live').isDisabled()).toBe(true);
    await button('Lab').click();
    expect(await button('Add 1 polite').isDisabled()).toBe(true);
    await seen(page.getByText('You are looking at the past: go back to live for this.').first());
    await button('Back to live').click();
    expect(await button('Kick').isEnabled()).toBe(true);
    expect(await button('Add 1 polite').isEnabled()).toBe(true);
    await button('Actors').click();
  });

  it('plays time at a speed, until it is the present', async () => {
    const time = page.locator('.travel time');
    await moment().press('Home');
    await page.getByLabel('Speed').selectOption('0.1');
    await button('Play').click();
    const before = await time.textContent();
    await expect.poll(() => time.textContent(), { timeout: patienceMs }).not.toBe(before);
    await button('Pause').click();
    await seen(button('Play'));
    await unseen(rowOf(page, 'bea'));
    await page.getByLabel('Speed').selectOption('16');
    await button('Play').click();
    await seen(button('Live'));
    await seen(rowOf(page, 'bea'));
  });

  it('saves a recording, opens it by keys, travels in it, and goes back to live by one click', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Save recording' }).click(),
    ]);
    await download.saveAs(file);
    enter('cleo');
    await seen(rowOf(page, 'cleo'));

    await Promise.all([page.waitForEvent('filechooser'), button('Open recording …').press('Enter')]);
    await seen(page.getByText('This is the recording trace.jsonl of hubbub'));
    await seen(rowOf(page, 'bea'));
    await unseen(rowOf(page, 'cleo'));
    expect(await button('Kick').count()).toBe(0);
    await page.getByLabel('Events of').selectOption('any');
    await moment().press('Home');
    await stepTo('Next event', rowOf(page, 'ada'));
    await rowOf(page, 'ada').click();
    await seen(page.locator('.chart .node[data-active]').first());

    await bringAxe(page);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await violations(page)).toEqual([]);
    await button('Back to live').click();
    await seen(rowOf(page, 'cleo'));
    await button('Pause').click();
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page, ['color-contrast'])).toEqual([]);
    await button('Back to live').click();
  });

  it('says what is wrong with a file that is no recording, and goes on as it was', async () => {
    await drop('notes.txt', '# Notes\n\nof mine\n');
    const alert = page.getByRole('alert');
    await seen(alert.getByText('notes.txt cannot be shown: line 1 is no JSON object'));
    await button('Close').click();
    const [first = ''] = (await readFile(file, 'utf8')).split('\n');
    await drop('bad.jsonl', `${first}\n\n{"kind":"stop","seq":1,"at":"noon","actor":"a","status":"done"}\n`);
    await seen(alert.getByText('line 3 is not as expected: stop.at must be number'));
    await drop('empty.jsonl', '');
    await seen(alert.getByText('the file is empty'));
    expect(await page.locator('.recording-banner').count()).toBe(0);
    await button('Close').click();
    await unseen(alert);
    await seen(rowOf(page, 'cleo'));
  });

  it('lets nothing into the page with a drawing that is no drawing', async () => {
    const evil = [
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99 99" onload="document.title = 1">',
      '<script>document.title = 2</script><a href="https://example.com"><text>go</text></a>',
      '<image href="https://example.com/x.png"/><foreignObject><p>!</p></foreignObject>',
      '<g class="node" data-id="on" onclick="document.title = 3"><rect width="9" height="9"/></g></svg>',
    ].join('');
    await drop('evil.jsonl', recordingWith({ svg: evil }));
    await rowOf(page, 'on stage').click();
    await seen(lit(page, 'on'));
    await lit(page, 'on').click();
    expect(await page.title()).toBe('hubbub inspector');
    expect(
      await page.locator('.frame :is(script, a, image, foreignObject, [onclick], [onload])').count(),
    ).toBe(0);
    await button('Back to live').click();
  });

  it('says why a machine is not drawn', async () => {
    await drop('large.jsonl', recordingWith({ undrawn: 'its layout takes longer than 60 s' }));
    await rowOf(page, 'on stage').click();
    await seen(page.getByText('This machine cannot be drawn: its layout takes longer than 60 s.'));
    expect(await page.locator('.chart svg').count()).toBe(0);
    await button('Back to live').click();
  });
});

/** A recording of one actor, whose machine has this chart, or none. */
function recordingWith(drawing: Pick<Definition, 'svg' | 'undrawn'>): string {
  const actor = { id: 'x:1', name: 'on stage', type: 'other', machine: 'm', status: 'active', value: 'on' };
  const definition = { id: 'm', name: 'm', mermaid: '', states: { on: 'on' }, transitions: [], config: '{}' };
  const lines = [
    { type: 'hello', version: 1, mode: 'recording', title: 'stage', at: 1 },
    { type: 'definition', ...definition, ...drawing },
    { type: 'actors', done: true, actors: [{ ...actor, since: 0, changedAt: 0 }] },
  ];
  return lines.map((line) => JSON.stringify(line)).join('\n');
}
