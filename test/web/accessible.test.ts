/** The chat page for everybody: no violation that axe knows, at a desk and on a phone, light and dark, with its panels open. */
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { bringAxe, violations } from '../support/axe.ts';
import { withChromium } from '../support/browser.ts';
import {
  badge,
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
import { serveUntilEnd } from '../support/test-server.ts';

const desk = { width: 1_280, height: 800 };
const phone = { width: 390, height: 844 };

describe.skipIf(isMissing)('the chat page, looked at with axe', { timeout: timeoutMs }, () => {
  const visits = new Visits();
  let url = '';
  let end: () => Promise<void>;

  withChromium.beforeAll(async ({ chromium }) => {
    visits.start(chromium);
    const { server, end: endServer } = await serveUntilEnd({ maxMessageBytes: 1_024 });
    end = endServer;
    url = server.url;
  }, timeoutMs);

  afterAll(() => end(), timeoutMs);

  it.each([
    { where: 'at a desk', room: 'desk', viewport: desk },
    { where: 'on a phone', room: 'phone', viewport: phone },
  ])('has no violation $where, light or dark, whatever is open', async ({ room, viewport }) => {
    const isPhone = viewport === phone;
    const page = await visits.enter(url, 'Ada', room, {
      viewport,
      memory: { rooms: `${room} other` },
    });
    await bringAxe(page);
    const check = async () => {
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await violations(page)).toEqual([]);
      // In the dark only the colours are others.
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await violations(page, ['color-contrast'])).toEqual([]);
    };
    await seen(page.getByRole('heading', { name: /^Nobody has said anything/ }));
    await check();
    await say(page, 'see `code`, https://example.com and\n```\na block\n```');
    await seen(page.locator('pre'));
    await say(page, 'x'.repeat(1_200));
    await seen(message(page, 'x'.repeat(1_200)).getByText('Not sent:'));
    await say(page, 'hello');
    await seen(sent(page, 'hello'));
    await check();

    await badge(page).click();
    await seen(page.getByRole('img', { name: /^The machine/ }));
    await check();
    await page.keyboard.press('Escape');

    if (isPhone) {
      await page.getByRole('button', { name: /member/ }).click();
      await seen(page.getByRole('complementary', { name: 'Members' }));
      await check();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Rooms' }).click();
      await seen(page.getByRole('link', { name: 'other' }));
      await check();
    }
    await page.getByRole('button', { name: 'Help' }).click();
    const help = page.getByRole('dialog', { name: 'Help' });
    await seen(help);
    await check();
    await page.keyboard.press('Escape');
    await unseen(help);
    await page.getByRole('button', { name: 'Change your name' }).click();
    await seen(page.getByLabel('What others see'));
    await check();
    await page.keyboard.press('Escape');

    if (isPhone) await expectNarrow(page);
  });
});

/** On the narrowest phone nothing is wider than it, however long the names and the words. */
async function expectNarrow(page: Page): Promise<void> {
  await page.setViewportSize({ width: 320, height: 568 });
  await page.evaluate(() => {
    location.hash = 'W'.repeat(64);
  });
  await connected(page);
  await say(page, 'w'.repeat(500));
  await seen(sent(page, 'w'.repeat(500)));
  const overflow = await page.evaluate(() => {
    const all = [document.documentElement, ...document.querySelectorAll('.scroller, .pane, .composer')];
    return all.map((element) => element.scrollWidth - element.clientWidth);
  });
  expect(overflow).toEqual([0, 0, 0, 0]);
  const send = await page.getByRole('button', { name: 'Send' }).boundingBox();
  expect((send?.x ?? 0) + (send?.width ?? 999)).toBeLessThanOrEqual(320);
}
