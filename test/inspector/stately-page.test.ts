import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { build } from 'esbuild';
import type { Frame } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chromiumMissing, chromiumPath, withChromium, type Chromium } from '../support/browser.ts';
import { joinByWebSocket } from '../support/peers.ts';
import { patient, serve } from '../support/test-server.ts';

if (chromiumPath === undefined) console.warn(chromiumMissing);

declare global {
  interface Window {
    heard: StatelyInspectionEvent[];
  }
}

/** What stands in for Stately's own page: the published package's receiver, and nothing else. */
const receiver = `
  import { createBrowserReceiver } from '@statelyai/inspect';
  window.heard = [];
  createBrowserReceiver().subscribe((event) => window.heard.push(event));
`;

async function serveReceiver(): Promise<{ url: string; requests: string[] }> {
  const bundle = await build({
    stdin: { contents: receiver, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
  });
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response
      .setHeader('Content-Type', 'text/html')
      .end(`<script>${bundle.outputFiles[0]?.text ?? ''}</script>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/inspect`, requests };
}

async function heardIn(frame: Frame | undefined): Promise<StatelyInspectionEvent[]> {
  return (await frame?.evaluate(() => window.heard)) ?? [];
}

describe.skipIf(chromiumPath === undefined)('the page that relays to the Stately Inspector', patient, () => {
  let chromium: Chromium;
  withChromium.beforeAll(({ chromium: started }) => {
    chromium = started;
  }, patient.timeout);

  test("asks nobody else before the click, and then hands everything to the package's own receiver", async () => {
    const stately = await serveReceiver();
    const server = await serve({ statelyUrl: stately.url });
    const member = await joinByWebSocket(server, { name: 'ada' });
    const tab = await chromium.open(`${server.url}/inspect/stately/`);
    onTestFinished(() => tab.leave());
    const { page, problems } = tab;
    const button = page.getByRole('button', { name: 'Open the Stately Inspector' });
    await expect.poll(() => button.isEnabled()).toBe(true);
    expect(await page.getByRole('link').getAttribute('href')).toBe(stately.url);
    expect([problems, stately.requests]).toEqual([[], []]);

    await button.click();
    await page.getByText(/events handed to/).waitFor();
    const frame = page.frames().find((each) => each.url() === stately.url);
    await expect
      .poll(async () => (await heardIn(frame)).some(({ type }) => type === '@xstate.actor'))
      .toBe(true);
    member.close();
    await expect
      .poll(async () =>
        (await heardIn(frame)).some(
          (event) => event.type === '@xstate.snapshot' && event.snapshot.status === 'done',
        ),
      )
      .toBe(true);
    const told = await heardIn(frame);
    expect(told[0]).toMatchObject({ type: '@xstate.actor', name: 'server' });
    expect(problems.filter((problem) => !problem.includes(new URL(stately.url).host))).toEqual([]);
  });
});
