/** The inspector's page in a real browser: what it shows of connections, and that everybody can use it. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { ChatServer } from '../../src/index.ts';
import { bringAxe, violations } from '../support/axe.ts';
import { withChromium } from '../support/browser.ts';
import { isMissing, seen, timeoutMs, unseen } from '../support/chat-page.ts';
import { InspectorVisit, lit, rowOf } from '../support/inspector-page.ts';
import { joinByWebSocket } from '../support/peers.ts';

// They follow one another in one tab.
describe.skipIf(isMissing)("the inspector's page", { timeout: timeoutMs }, () => {
  let visit: InspectorVisit;
  let server: ChatServer;
  let page: Page;

  withChromium.beforeAll(async ({ chromium }) => {
    visit = await InspectorVisit.begin(chromium);
    ({ server, page } = visit);
  }, timeoutMs);

  afterAll(() => visit.end(/broken on purpose/), timeoutMs);

  it('shows a connection that comes, where its machine stands, and that it goes', async () => {
    await seen(page.getByText('Nobody is connected.'));
    const member = await joinByWebSocket(server, { name: 'ada', room: 'tea' });
    await seen(rowOf(page, 'ada').getByRole('gridcell', { name: 'alive · flowing · clear' }));
    await rowOf(page, 'ada').click();
    for (const region of ['heartbeat_alive', 'inbound_flowing', 'outbound_clear']) {
      await seen(lit(page, `open_${region}`));
    }
    await seen(page.getByRole('progressbar', { name: 'after pingPeriod' }));
    await seen(page.locator('.chart .remaining', { hasText: /^in \d+\.\d s$/ }).first());
    await seen(page.locator('.actor-head', { hasText: /alive · flowing · clear for \d+ s/ }));
    await seen(page.locator('.accepted').getByText('after pingPeriod [wasHeard]'));
    await seen(page.locator('.story').getByText('registered'));
    const address = page.url();
    expect(address).toMatch(/#actor=x%3A\d+$/);

    member.close();
    await unseen(rowOf(page, 'ada'));
    await seen(page.getByText('has ended with 1000'));
    await seen(lit(page, 'closed'));
  });

  it('is gone about by keys: down to a connection, into it, and back by search', async () => {
    await joinByWebSocket(server, { name: 'bea', room: 'tea' });
    await seen(rowOf(page, 'bea'));
    await page.getByRole('treegrid').focus();
    await page.keyboard.press('End');
    await seen(page.getByRole('heading', { name: 'bea' }));
    expect(new URL(page.url()).hash).toMatch(/^#actor=/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await seen(page.getByRole('heading', { name: 'reader' }));
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await unseen(rowOf(page, 'reader'));
    await page.keyboard.press('/');
    await page.keyboard.type('nobody of this name');
    await seen(page.getByText('No actor has that in its words.'));
    await page.keyboard.press('Escape');
    await seen(rowOf(page, 'bea'));
  });

  it('opens at the actor that its address names, and kicks it', async () => {
    const member = await joinByWebSocket(server, { name: 'carl', room: 'tea' });
    await rowOf(page, 'carl').click();
    await page.reload();
    await seen(page.getByRole('heading', { name: 'carl' }));
    await page.getByRole('button', { name: 'Kick' }).click();
    expect(await member.closed).toMatchObject({ code: 4503 });
    await seen(page.getByText('has ended with 4503'));
  });

  it('says which pane has a fault, goes on beside it, and shows it when it is tried again', async () => {
    await joinByWebSocket(server, { name: 'carol', room: 'tea' });
    await seen(rowOf(page, 'carol'));
    const broken = await page.evaluateHandle(() => {
      const { prototype } = DOMParser;
      const whole = Object.getOwnPropertyDescriptor(prototype, 'parseFromString') ?? {};
      prototype.parseFromString = () => {
        throw new Error('broken on purpose');
      };
      return { mend: () => Object.defineProperty(prototype, 'parseFromString', whole) };
    });
    await rowOf(page, 'carol').click();
    const alert = page.getByRole('alert');
    await seen(alert.getByText('This actor cannot be shown.'));
    await alert.getByText('Details').click();
    expect(await alert.locator('pre').textContent()).toContain('Error: broken on purpose');
    await rowOf(page, 'hub').click();
    await seen(page.getByRole('heading', { name: 'hub' }));
    await rowOf(page, 'carol').click();
    await seen(alert);
    await broken.evaluate(({ mend }) => void mend());
    await alert.getByRole('button', { name: 'Try again' }).click();
    await seen(lit(page, 'open_heartbeat_alive'));
  });

  it('keeps what is active in view, until the chart is put elsewhere by hand', async () => {
    const member = await joinByWebSocket(server, { name: 'cleo', room: 'tea' });
    await rowOf(page, 'cleo').click();
    const active = page.getByRole('button', { name: 'Active', exact: true });
    const frame = page.getByRole('group', { name: 'Statechart' });
    await seen(lit(page, 'open_outbound_clear'));
    expect(await active.getAttribute('aria-pressed')).toBe('true');
    expect(await isInFrame(lit(page, 'open_outbound_clear'))).toBe(true);
    await frame.press('Home');
    await frame.evaluate((element) => element.scrollTo(0, 0));
    expect(await active.getAttribute('aria-pressed')).toBe('false');
    member.close();
    await seen(lit(page, 'closed'));
    expect(await frame.evaluate(({ scrollLeft, scrollTop }) => scrollLeft + scrollTop)).toBe(0);
    await active.click();
    expect(await isInFrame(lit(page, 'closed'))).toBe(true);
  });

  it('adds a client to the lab, shows it, stalls it, and buries it when the lab is drained', async () => {
    await page.getByRole('button', { name: 'Lab', exact: true }).click();
    await page.getByRole('button', { name: 'Add 1 silent' }).click();
    await seen(lit(page, 'open_heartbeat_alive'));
    await page.getByRole('button', { name: 'Stall' }).click();
    await seen(page.getByText('Watch for: its outbox rises as others talk'));
    await page.getByRole('button', { name: 'Drain the lab' }).click();
    await seen(page.getByText('has ended with'));
    // The chart has gone with it.
    await seen(lit(page, 'closed'));
    expect(await isInFrame(lit(page, 'closed'))).toBe(true);
    await seen(page.getByText('0 in the lab'));
    await page.getByRole('button', { name: 'Graveyard' }).click();
    await page.getByRole('button', { name: /silent.*lab/ }).click();
    await seen(page.locator('.graveyard').getByText('registered', { exact: true }));
    expect(await page.locator('.graveyard .steps li').count()).toBeGreaterThan(2);
  });

  it('has no violation that axe knows, light or dark', async () => {
    await joinByWebSocket(server, { name: 'dora', room: 'tea' });
    await bringAxe(page);
    await page.getByRole('button', { name: 'Actors', exact: true }).click();
    await rowOf(page, 'dora').click();
    await seen(lit(page, 'open_heartbeat_alive'));
    await seen(page.getByRole('meter', { name: 'broadcast' }));
    expect(await faults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Lab', exact: true }).click();
    await seen(page.getByRole('button', { name: 'Add 1 silent' }));
    expect(await faults(page)).toEqual([]);
    const gone = await joinByWebSocket(server, { name: 'gone', room: 'tea' });
    gone.close();
    await page.getByRole('button', { name: 'Graveyard' }).click();
    await page.getByRole('button', { name: /gone.*tea/ }).click();
    await seen(page.locator('.graveyard').getByText('registered', { exact: true }));
    expect(await faults(page)).toEqual([]);
  });

  it('keeps what one searched and how one sorted while another pane is shown', async () => {
    await joinByWebSocket(server, { name: 'eve', room: 'tea' });
    await page.getByRole('button', { name: 'Actors', exact: true }).click();
    await page.getByLabel('Search actors').fill('eve');
    await page.getByRole('button', { name: 'Age' }).click();
    await page.getByRole('button', { name: 'Graveyard' }).click();
    await unseen(page.getByLabel('Search actors'));
    await page.getByRole('button', { name: 'Actors', exact: true }).click();
    expect(await page.getByLabel('Search actors').inputValue()).toBe('eve');
    const age = page.getByRole('columnheader', { name: 'Age' });
    expect(await age.getAttribute('aria-sort')).toBe('descending');
  });

  it('says so where its address names what there is not, and what to do then', async () => {
    await page.getByLabel('Search actors').fill('');
    await page.goto(`${server.url}/inspect/#actor=x:999999&tab=%2e%2e`);
    await seen(page.getByText('There is no pane “..”, which the address names.'));
    await seen(page.getByText('There is no actor x:999999, which the address names'));
    await seen(rowOf(page, 'hub'));
    await page.getByRole('link', { name: 'graveyard' }).click();
    await seen(page.getByRole('region', { name: 'Graveyard' }));
    await unseen(rowOf(page, 'hub'));
    await page.getByRole('button', { name: 'Actors', exact: true }).click();
    await unseen(page.getByText('There is no pane'));
    const answer = await page.request.get(`${server.url}/inspect/nowhere`);
    expect(answer.status()).toBe(404);
    expect(await answer.json()).toEqual({
      error: "there is nothing at GET /inspect/nowhere: the inspector's page is /inspect/",
    });
  });

  it('has panes whose lines are moved by pointer and by keys, and stay where they were put', async () => {
    const width = page.getByRole('separator', { name: 'Width of the actors' });
    const height = page.getByRole('separator', { name: 'Height of the mailboxes' });
    const before = { width: await valueOf(width), height: await valueOf(height) };
    const { x, y } = await boxOf(width);
    await width.press('ArrowLeft');
    expect(await valueOf(width)).toBe(before.width - 2);
    expect((await boxOf(width)).x).toBeLessThan(x);
    await page.mouse.move((await boxOf(width)).x + 2, y + 100);
    await page.mouse.down();
    await page.mouse.move(640, y + 100);
    await page.mouse.up();
    expect(await valueOf(width)).toBe(50);
    await width.press('End');
    expect(await valueOf(width)).toBe(80);

    const line = await boxOf(height);
    await page.mouse.move(line.x + 300, line.y + 2);
    await page.mouse.down();
    await page.mouse.move(line.x + 300, line.y + 2 - 100);
    await page.mouse.up();
    const higher = await valueOf(height);
    expect(Math.abs(higher - before.height - 100)).toBeLessThan(5);
    await page.reload();
    await seen(width);
    expect([await valueOf(width), await valueOf(height)]).toEqual([80, higher]);
    await width.press('Enter');
    await height.dblclick();
    expect({ width: await valueOf(width), height: await valueOf(height) }).toEqual(before);
  });

  it('has room for the title of every column with its arrow', async () => {
    for (const header of await page.getByRole('columnheader').all()) {
      await header.getByRole('button').click();
      await seen(header.locator('.sort-mark'));
      expect(await header.evaluate(isCut)).toBe(false);
    }
  });
});

async function valueOf(line: Locator): Promise<number> {
  return Number(await line.getAttribute('aria-valuenow'));
}

async function boxOf(locator: Locator): Promise<{ x: number; y: number }> {
  return (await locator.boundingBox()) ?? { x: 0, y: 0 };
}

/** Whether all of a state is to be seen in the part of its chart that is in view. */
function isInFrame(state: Locator): Promise<boolean> {
  return state.evaluate((node) => {
    const [inner, outer] = [node, node.closest('.frame')].map((each) => each?.getBoundingClientRect());
    if (inner === undefined || outer === undefined) return false;
    const isWideIn = inner.left >= outer.left && inner.right <= outer.right;
    return isWideIn && inner.top >= outer.top && inner.bottom <= outer.bottom;
  });
}

/** What axe finds, in either look. */
async function faults(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await violations(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  return [...light, ...(await violations(page, ['color-contrast']))];
}

/** Whether a column's title is cut off, or its arrow runs into the next title. */
function isCut(header: Element): boolean {
  const title = document.createRange();
  title.selectNode(header.querySelector('.sorter')?.firstChild ?? header);
  const cell = header.getBoundingClientRect();
  const next = header.nextElementSibling?.querySelector('.sorter')?.getBoundingClientRect();
  const mark = header.querySelector('.sort-mark')?.getBoundingClientRect();
  const isOver = next !== undefined && mark !== undefined && mark.right > next.left;
  return isOver || title.getBoundingClientRect().right > cell.right;
}
