/** Scrolls a list in a page from its end to its start, and tells how that went. */
import type { Page } from 'playwright-core';

interface ScrollOptions {
  /** The selector of the list. */
  readonly list: string;
  /** That of its rows. */
  readonly row: string;
  /** In how many steps. */
  readonly steps: number;
}

export interface ScrollReport {
  readonly medianMs: number;
  readonly slowestMs: number;
  /** How many rows were in the document at once. */
  readonly most: number;
}

export async function scrollThrough(page: Page, options: ScrollOptions): Promise<ScrollReport> {
  return page.evaluate(scrollInPage, options);
}

export function scrollWords({ medianMs, slowestMs }: ScrollReport): string {
  return `scrolled from end to start: median ${medianMs.toFixed(1)} ms a frame, slowest ${slowestMs.toFixed(0)} ms`;
}

/** What runs in the page has nothing around it. */
async function scrollInPage({ list, row, steps }: ScrollOptions): Promise<ScrollReport> {
  const scroller = document.querySelector(list);
  if (scroller === null) throw new Error(`there is no ${list}`);
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- see above
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  const times: number[] = [];
  let most = 0;
  const { scrollHeight } = scroller;
  let before = await frame();
  for (let step = steps; step >= 0; step -= 1) {
    scroller.scrollTo({ top: (scrollHeight * step) / steps });
    const now = await frame();
    times.push(now - before);
    before = now;
    most = Math.max(most, document.querySelectorAll(row).length);
  }
  await frame();
  const sorted = times.toSorted((a, b) => a - b);
  return { medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0, slowestMs: sorted.at(-1) ?? 0, most };
}
