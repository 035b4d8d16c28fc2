/** What a chart may take is bounded, and whoever waits for one is told when it is given up. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { createActor, createMachine, type AnyStateMachine } from 'xstate';
import { systemClock } from '../../src/clock.ts';
import { Definitions } from '../../src/inspector/definitions.ts';
import { draw } from '../../src/inspector/draw.ts';
import type { Definition } from '../../src/inspector/messages.ts';
import { toMermaid } from '../../src/inspector/statechart.ts';
import { Inbox } from '../support/inbox.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';
import { patient } from '../support/test-server.ts';

/** A machine whose layout takes seconds. */
function largeMachine(id: string): AnyStateMachine {
  const names = Array.from({ length: 200 }, (_, index) => `state ${index}`);
  const on = (index: number) => ({ next: names[(index + 1) % 200], far: names[(7 * index + 3) % 200] });
  const states = Object.fromEntries(names.map((name, index) => [name, { on: on(index) }]));
  return createMachine({ id, initial: names[0], states });
}

const smallMachine = createMachine({ id: 'small', initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } });

function definitionsOf(clock: SimulatedClock) {
  const told = new Inbox<Definition>();
  const definitions = new Definitions({ clock, tell: (definition) => told.push(definition) });
  onTestFinished(async () => definitions.close());
  return { told, definitions };
}

describe('a layout', patient, () => {
  const { signal } = new AbortController();

  test('is given up after a minute', async () => {
    const clock = new SimulatedClock();
    const drawing = draw(toMermaid(largeMachine('slow')), { clock, signal });
    clock.advance(59_999);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await drawing).toEqual({ undrawn: 'its layout takes longer than 60 s' });
  });

  test('is given up where it takes too much memory, and the program goes on', async () => {
    const limits = { ms: 60_000, heapMiB: 8 };
    const drawing = draw(toMermaid(largeMachine('big')), { clock: systemClock, signal, limits });
    expect(await drawing).toEqual({ undrawn: 'its layout takes more than 8 MiB of memory' });
  });

  test('of what is no chart fails, and says why', async () => {
    const clock = new SimulatedClock();
    expect(await draw('no chart', { clock, signal })).toEqual({
      undrawn: expect.stringMatching(/^its layout fails: \w/),
    });
    expect(clock.pending).toBe(0);
  });

  test('ends at once where nobody wants it any more', async () => {
    const clock = new SimulatedClock();
    const ending = new AbortController();
    const drawing = draw(toMermaid(largeMachine('unwanted')), { clock, signal: ending.signal });
    ending.abort();
    expect(await drawing).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});

describe('definitions', patient, () => {
  test('are told without a chart where it is given up, and the next one is drawn', async () => {
    const clock = new SimulatedClock();
    const { told, definitions } = definitionsOf(clock);
    definitions.of(createActor(largeMachine('given up')));
    definitions.of(createActor(smallMachine));
    await expect.poll(() => clock.pending, { interval: 1 }).toBe(1);
    clock.advance(60_000);
    const undrawn = await told.next((definition) => definition.undrawn !== undefined);
    expect(undrawn).toMatchObject({ id: 'given up', undrawn: 'its layout takes longer than 60 s' });
    expect(undrawn.svg).toBeUndefined();
    const drawn = await told.next(({ svg }) => svg !== undefined);
    expect(drawn).toMatchObject({ id: 'small', svg: expect.stringContaining('data-id="a"') });
    expect([...definitions]).toEqual([undrawn, drawn]);
    expect(clock.pending).toBe(0);
  });

  test('are waited for no longer than half a minute', async () => {
    const clock = new SimulatedClock();
    const { definitions } = definitionsOf(clock);
    definitions.of(createActor(largeMachine('waited for')));
    await expect.poll(() => clock.pending, { interval: 1 }).toBe(1);
    const waiting = definitions.drawn();
    clock.advance(29_999);
    expect(clock.pending).toBe(2);
    clock.advance(1);
    await waiting;
    expect([...definitions]).toMatchObject([{ id: 'waited for' }]);
    await definitions.close();
    expect(clock.pending).toBe(0);
  });
});
