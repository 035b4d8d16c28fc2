/** A real Chromium for tests: found on this machine, never downloaded, and watched for whatever goes wrong in it. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

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

// Without a sandbox, since tests run as root in containers; and with nothing that would call out by itself.
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a headless Chromium with an empty profile. Close it when done. */
export async function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(chromiumMissing);
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: flags });
}

/** How long anything in a page may take on a busy machine. */
export const patienceMs = 60_000;

export interface Tab {
  readonly page: Page;
  /** What went wrong in the page, in words: uncaught and logged errors, broken policies, requests to other hosts. */
  readonly problems: string[];
  /** How many WebSockets the page has opened. */
  readonly sockets: () => number;
}

/** Makes a tab with storage of its own, in which nothing is loaded yet. */
export async function newTab(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const problems: string[] = [];
  let sockets = 0;
  const { host } = new URL(url);
  const watchHost = (address: string): void => {
    if (new URL(address).host !== host) problems.push(`request to another host: ${address}`);
  };
  page.on('request', (request) => watchHost(request.url()));
  page.on('websocket', (socket) => {
    sockets += 1;
    watchHost(socket.url());
  });
  page.on('requestfailed', (request) => {
    // What the page itself does not want any more is no problem.
    const reason = request.failure()?.errorText ?? '';
    if (reason !== 'net::ERR_ABORTED') problems.push(`request failed: ${request.url()} ${reason}`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  // A broken content security policy is logged as an error too.
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`);
  });
  return { page, problems, sockets: () => sockets };
}
