/** A real Chromium for tests: found on this machine, never downloaded, and watched for whatever goes wrong in it. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page, type ViewportSize } from 'playwright-core';
import { test } from 'vitest';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where Chromium is: what `CHROMIUM_PATH` says, or the first usual place that has one. */
export const chromiumPath = [process.env['CHROMIUM_PATH'] ?? '', ...places].find((path) => existsSync(path));

export const chromiumMissing =
  'the page is not tested: no Chromium found. Install one (apt-get install chromium) or set CHROMIUM_PATH.';

// Without a sandbox, since tests run as root in containers; and with nothing that would call out by itself;
// what is scrolled by a key or the wheel is where it shall be at once, and does not move there against what comes after.
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-smooth-scrolling',
];

/** How long anything in a page may take on a busy machine. */
export const patienceMs = 60_000;

export interface TabOptions {
  readonly viewport?: ViewportSize;
  readonly permissions?: readonly string[];
  /** What the page finds in its storage, which is empty but for this. */
  readonly memory?: Readonly<Record<string, string>>;
  /** What has to happen in the tab before the page is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

/** A tab with storage of its own. */
export interface Tab {
  readonly page: Page;
  /** What went wrong in the page, in words: uncaught and logged errors, broken policies, requests to other hosts. */
  readonly problems: string[];
  /** Leaves the page, and waits until nothing of it runs. */
  leave(): Promise<void>;
}

/** A headless Chromium with an empty profile. A tab takes longer to open than many a test, so it is used again. */
export class Chromium {
  readonly #browser: Browser;
  readonly #free: WatchedTab[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<Chromium> {
    if (chromiumPath === undefined) throw new Error(chromiumMissing);
    const options = { executablePath: chromiumPath, headless: true, args: flags };
    return new Chromium(await chromium.launch(options));
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  /** Opens a page, which finds nothing of those that were in the tab before it. */
  async open(url: string, options: TabOptions = {}): Promise<Tab> {
    const tab = this.#free.pop() ?? (await WatchedTab.open(this.#browser));
    try {
      await tab.load(url, options);
    } catch (error) {
      await tab.close();
      throw error;
    }
    const leave = async () => {
      // Whatever was prepared for one page, or went wrong in it, is nothing for the next.
      if (options.prepare !== undefined || tab.problems.length > 0) return tab.close();
      await tab.clear();
      this.#free.push(tab);
    };
    return { page: tab.page, problems: tab.problems, leave };
  }
}

class WatchedTab {
  readonly page: Page;
  problems: string[] = [];
  /** The host that the page may ask. */
  #host = '';

  private constructor(page: Page) {
    this.page = page;
    page.on('request', (request) => this.#watchHost(request.url()));
    page.on('websocket', (socket) => this.#watchHost(socket.url()));
    page.on('requestfailed', (request) => {
      // What the page itself does not want any more is no problem.
      const reason = request.failure()?.errorText ?? '';
      if (reason !== 'net::ERR_ABORTED') this.problems.push(`request failed: ${request.url()} ${reason}`);
    });
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.message}`));
    // A broken content security policy is logged as an error too.
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        this.problems.push(`${message.type()}: ${message.text()}`);
    });
  }

  static async open(browser: Browser): Promise<WatchedTab> {
    const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
    context.setDefaultTimeout(patienceMs);
    return new WatchedTab(await context.newPage());
  }

  async load(url: string, { viewport, permissions, memory, prepare }: TabOptions): Promise<void> {
    const { page } = this;
    this.problems = [];
    this.#host = new URL(url).host;
    await page.setViewportSize(viewport ?? { width: 1_280, height: 720 });
    await page.context().grantPermissions([...(permissions ?? [])]);
    await prepare?.(page);
    const script = await page.addInitScript(remember, memory ?? {});
    await page.goto(url);
    // Once: whoever loads the page again finds what it has kept.
    await script.dispose();
  }

  async clear(): Promise<void> {
    const context = this.page.context();
    for (const page of context.pages()) if (page !== this.page) await page.close();
    await context.setOffline(false);
    await context.clearPermissions();
    await this.page.mouse.move(0, 0);
    await this.page.goto('about:blank');
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  #watchHost(address: string): void {
    if (address !== 'about:blank' && new URL(address).host !== this.#host)
      this.problems.push(`request to another host: ${address}`);
  }
}

/** Runs in the page before anything of its own. */
function remember(memory: Readonly<Record<string, string>>): void {
  localStorage.clear();
  sessionStorage.clear();
  for (const [key, value] of Object.entries(memory)) localStorage.setItem(key, value);
}

/** Has Chromium for what is done before tests: one for all files that share their modules. */
// oxlint-disable-next-line no-empty-pattern -- vitest reads there which others it needs
export const withChromium = test.extend('chromium', { scope: 'worker' }, async ({}, { onCleanup }) => {
  const browser = await Chromium.launch();
  onCleanup(() => browser.close());
  return browser;
});
