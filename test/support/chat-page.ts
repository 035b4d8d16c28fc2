/** The chat page as its tests use it: open it as somebody, say something, and look for what there is to see. */
import type { Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import {
  chromiumMissing,
  chromiumPath,
  patienceMs,
  type Chromium,
  type Tab,
  type TabOptions,
} from './browser.ts';

/** Whether there is no browser to test with; said once, and no excuse where the suite has to be whole. */
export const isMissing = chromiumPath === undefined;

if (isMissing) {
  if (process.env['CI'] === 'true') throw new Error(chromiumMissing);
  process.stderr.write(`\n*** ${chromiumMissing}\n\n`);
}

/** A test is a handful of steps in the page, each of which takes its time on a busy machine. */
export const timeoutMs = 2 * patienceMs;

export interface VisitOptions extends TabOptions {
  /** Problems that belong to the test. */
  readonly expected?: RegExp;
}

/** What the tests of a file see of the page. */
export class Visits {
  #chromium: Chromium | undefined;

  start(chromium: Chromium): void {
    this.#chromium = chromium;
  }

  /** Opens the page; it is left with the test, which fails if anything went wrong in it. */
  async open(url: string, { memory = {}, expected, ...options }: VisitOptions = {}): Promise<Tab> {
    if (this.#chromium === undefined) throw new Error('there is no browser yet');
    const kept = Object.fromEntries(Object.entries(memory).map(([key, value]) => [`hubbub.${key}`, value]));
    const tab = await this.#chromium.open(url, { ...options, memory: kept });
    const end = async () => {
      await tab.leave();
      expect(tab.problems.filter((problem) => expected?.test(problem) !== true)).toEqual([]);
    };
    onTestFinished(end);
    return tab;
  }

  /** Opens the page as somebody in a room, and waits until they are in. */
  async enter(serverUrl: string, name: string, room: string, options: VisitOptions = {}): Promise<Page> {
    const memory = { name, ...options.memory };
    const { page } = await this.open(`${serverUrl}/#${room}`, { ...options, memory });
    await connected(page);
    return page;
  }
}

export async function seen(locator: Locator): Promise<void> {
  await locator.waitFor({ state: 'visible' });
}

export async function unseen(locator: Locator): Promise<void> {
  await locator.waitFor({ state: 'hidden' });
}

export function box(page: Page): Locator {
  return page.getByLabel('Message', { exact: true });
}

export async function say(page: Page, text: string): Promise<void> {
  await box(page).fill(text);
  await box(page).press('Enter');
}

/** The messages that say this, whoever said it. */
export function message(page: Page, text: string): Locator {
  return page.getByRole('article').filter({ has: page.locator('.text').getByText(text, { exact: true }) });
}

/** Such a message with the mark of having its place in the room. */
export function sent(page: Page, text: string): Locator {
  return message(page, text).getByText('Sent', { exact: true });
}

export function badge(page: Page): Locator {
  return page.getByRole('button', { name: 'connection details' });
}

export async function connected(page: Page): Promise<void> {
  await seen(badge(page).filter({ hasText: 'Connected' }));
}

export function note(page: Page, text: string | RegExp): Locator {
  return page.locator('.note').filter({ hasText: text });
}

export function heading(page: Page, room: string): Locator {
  return page.getByRole('heading', { level: 1, name: room, exact: true });
}
