/** The inspector's page in a real browser: however long names are, they can be read, by keys too. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { systemClock } from '../../src/clock.ts';
import { createInspector } from '../../src/inspector/index.ts';
import { memoryPair } from '../../src/transports/memory.ts';
import { bringAxe, violations } from '../support/axe.ts';
import { withChromium, type Chromium } from '../support/browser.ts';
import { isMissing, seen, timeoutMs } from '../support/chat-page.ts';
import { cutTexts } from '../support/cut-text.ts';
import { InspectorVisit } from '../support/inspector-page.ts';

const waiting = 'waitingForTheExternalPaymentProviderToConfirmTheReservation';
const confirmed = 'payment.provider.has.confirmed.the.reservation.of.the.customer';
const name = 'order-2026-11-25-0000123456-of-customer-maximiliana-alexandrina';

const machine = createMachine(
  {
    id: 'orderFulfilmentProcessOfTheNorthernWarehouse',
    type: 'parallel',
    states: {
      payment: {
        initial: waiting,
        states: {
          [waiting]: { on: { [confirmed]: 'settled' } },
          settled: { on: { revoked: waiting } },
        },
      },
      shipping: {
        initial: 'collectingEverythingThatWasOrderedFromTheShelves',
        states: {
          collectingEverythingThatWasOrderedFromTheShelves: {
            after: { theTimeThatItTakesToWalkThroughTheWholeWarehouse: 'done' },
          },
          done: {},
        },
      },
    },
  },
  { delays: { theTimeThatItTakesToWalkThroughTheWholeWarehouse: 600_000 } },
);

const viewport = { width: 1_280, height: 800 };

function menuOf(page: Page, title: string): Locator {
  return page.locator(`.menu > button[title="${title}"]`);
}

/** Checks that what an element says is there in full, and not cut. */
async function isWhole(element: Locator, words: string): Promise<void> {
  expect((await element.textContent())?.replaceAll(/\s+/g, ' ')).toContain(words);
  const fits = await element.evaluate(
    ({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
      scrollWidth <= clientWidth && scrollHeight <= clientHeight,
  );
  expect(fits).toBe(true);
}

describe.skipIf(isMissing)("long names in the inspector's page", { timeout: timeoutMs }, () => {
  let chromium: Chromium;

  withChromium.beforeAll(({ chromium: found }) => {
    chromium = found;
  });

  it('are whole where an actor is selected by keys, and cut nowhere without a tooltip', async () => {
    const inspector = createInspector({
      title: 'the-order-fulfilment-service-of-the-northern-warehouse and its friends',
    });
    onTestFinished(() => inspector.close());
    const actor = createActor(machine, { id: name, inspect: inspector.inspect }).start();
    onTestFinished(() => void actor.stop());
    const { url } = await inspector.listen();
    const tab = await chromium.open(url, { viewport });
    onTestFinished(() => tab.leave());
    const { page } = tab;
    await page.getByRole('treegrid').press('Home');
    const pane = page.locator('.actor-pane');
    await isWhole(pane.locator('h2'), name);
    await isWhole(pane.locator('header p'), waiting);
    actor.send({ type: confirmed });
    await seen(pane.locator('.steps b', { hasText: confirmed }));
    await isWhole(pane.locator('.steps b').first(), confirmed);
    expect(await cutTexts(page)).toEqual([]);

    await page.getByRole('button', { name: 'Sequence', exact: true }).click();
    await page.getByRole('grid').press('End');
    await page.getByRole('grid').press('Enter');
    await isWhole(page.locator('#happening h2'), `${name} is now payment · settled`);
    expect(await cutTexts(page)).toEqual([]);
    await menuOf(page, 'Types of events and changes').click();
    await seen(page.locator('.types').getByText(confirmed));
    expect(await cutTexts(page)).toEqual([]);
    await bringAxe(page);
    expect(await violations(page)).toEqual([]);
    expect(tab.problems).toEqual([]);
  });

  it('of members and rooms are whole too, also after their end', async () => {
    const visit = await InspectorVisit.begin(chromium);
    onTestFinished(() => visit.end(), timeoutMs);
    const { page, server } = visit;
    const [member, room] = ['Maximiliana-Alexandrina von Hohe', 'r'.repeat(64)] as const;
    const [closing, staying] = [memoryPair({ clock: systemClock }), memoryPair({ clock: systemClock })];
    for (const { socket } of [closing, staying])
      server.connections.open(socket, { kind: 'chat', room, name: member });
    await seen(page.getByRole('gridcell', { name: member, exact: true }).first());
    await page.getByRole('treegrid').press('End');
    await isWhole(page.locator('.actor-pane h2'), member);
    await isWhole(page.locator('.actor-head > p').first(), room);
    closing.peer.close();

    await page.getByRole('button', { name: 'Sequence', exact: true }).click();
    await menuOf(page, 'Lifelines').click();
    await seen(page.locator('.adder').getByText(room).first());
    expect(await cutTexts(page)).toEqual([]);
    await page.getByRole('button', { name: 'Graveyard' }).click();
    await page.locator('.graveyard li button').first().press('Enter');
    await isWhole(page.locator('.graveyard li button > span').first(), room);
    expect(await cutTexts(page)).toEqual([]);
  });
});
