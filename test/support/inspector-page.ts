/** The inspector's page as its tests use it: one tab for the tests of a file, for a tab takes longer to open than a test. */
import type { Locator, Page } from 'playwright-core';
import type { ChatServer } from '../../src/index.ts';
import type { Chromium, Tab } from './browser.ts';
import { seen } from './chat-page.ts';
import { serveUntilEnd, type TestServerOptions } from './test-server.ts';

export class InspectorVisit {
  readonly server: ChatServer;
  readonly page: Page;
  readonly #tab: Tab;
  readonly #end: () => Promise<void>;

  private constructor(server: ChatServer, end: () => Promise<void>, tab: Tab) {
    this.server = server;
    this.page = tab.page;
    this.#tab = tab;
    this.#end = end;
  }

  /** Starts a server, and opens the page on it. */
  static async begin(chromium: Chromium, options: TestServerOptions = {}): Promise<InspectorVisit> {
    const { server, end } = await serveUntilEnd(options);
    const viewport = { width: 1_280, height: 800 };
    const tab = await chromium.open(`${server.url}/inspect/`, { viewport });
    await seen(rowOf(tab.page, 'hub'));
    return new InspectorVisit(server, end, tab);
  }

  /**
   * @param expected problems that belong to the test
   * @throws where anything else went wrong in the page: an error, a broken policy, a request to another host.
   */
  async end(expected?: RegExp): Promise<void> {
    await this.#tab.leave();
    await this.#end();
    const problems = this.#tab.problems.filter((problem) => expected?.test(problem) !== true);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }
}

export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('gridcell', { name, exact: true }) });
}

/** A state that the machine in the chart is in. */
export function lit(page: Page, state: string): Locator {
  return page.locator(`.chart .node[data-id="${state}"][data-active]`);
}
