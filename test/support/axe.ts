/** Axe finds on a page what keeps some people from using it. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

interface Axe {
  run(options: { runOnly?: readonly string[] }): Promise<{ violations: Violation[] }>;
}

/** Brings it by the test's own means, around the page's policy, which lets no foreign script in. */
export async function bringAxe(page: Page): Promise<void> {
  await page.evaluate(axe.source);
}

/** @returns what axe finds on the page as it is now, in words. */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  const found = await page.evaluate(async (only) => {
    // What is still moving has colours of its own.
    await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)));
    const { axe: here } = globalThis as unknown as { axe: Axe };
    return (await here.run(only === undefined ? {} : { runOnly: only })).violations;
  }, rules);
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('; ')}`,
  );
}
