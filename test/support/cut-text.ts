/** What a page shows in part: texts that are cut off, and of which no tooltip says all. */
import type { Page } from 'playwright-core';

export function cutTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const range = document.createRange();
    const cut: string[] = [];
    for (const element of document.querySelectorAll('body *:not(svg *, .visually-hidden)')) {
      // Where what is in it ends to be seen, at the right.
      let edge = innerWidth;
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== 'visible')
          edge = Math.min(edge, at.getBoundingClientRect().right);
      }
      const title = element.closest('[title]')?.getAttribute('title') ?? '';
      for (const node of element.childNodes) {
        const text = node.textContent?.trim() ?? '';
        if (node.nodeType !== Node.TEXT_NODE || text === '') continue;
        range.selectNodeContents(node);
        const { right, width } = range.getBoundingClientRect();
        if (width > 0 && right > edge + 1 && !title.includes(text)) cut.push(text);
      }
    }
    return cut;
  });
}
