import { describe, expect, it } from 'vitest';
import { and, createMachine, fromCallback, not, or, setup, stateIn, type AnyStateMachine } from 'xstate';
import { toMermaid } from '../../src/inspector/statechart.ts';

const idle = fromCallback(() => {});

/** A crossing with lights for cars and for walkers: small, and with one of everything. */
const crossing = setup({
  actors: { clock: idle, countdown: idle },
  delays: { redTime: 1, greenTime: 1 },
  guards: { hasMains: () => true, isNight: () => false },
}).createMachine({
  id: 'crossing',
  initial: 'off',
  invoke: { id: 'clock', src: 'clock' },
  on: { fault: '.broken' },
  states: {
    off: { on: { power: { guard: 'hasMains', target: 'working' } } },
    working: {
      type: 'parallel',
      on: { power: 'off', tick: { actions: () => {} } },
      states: {
        cars: {
          initial: 'red',
          states: {
            red: { after: { redTime: 'green' } },
            green: {
              initial: 'steady',
              after: { greenTime: 'red' },
              states: { steady: { after: { 500: 'blinking' } }, blinking: {} },
            },
          },
        },
        walkers: {
          initial: 'waiting',
          states: {
            waiting: { on: { press: [{ guard: 'isNight', target: 'walking' }, { target: 'asked' }] } },
            asked: { always: 'walking' },
            walking: {
              invoke: { src: 'countdown', onDone: 'waiting', onError: '#crossing.broken' },
              on: { press: { target: 'walking', reenter: true }, vanish: 'waiting' },
            },
          },
        },
      },
    },
    broken: {
      initial: 'dark',
      states: { dark: { on: { repair: 'repaired' } }, repaired: { type: 'final' } },
      onDone: 'scrapped',
    },
    scrapped: { type: 'final' },
  },
});

describe('toMermaid', () => {
  it('draws regions, nested states, both ends, and each kind of transition', () => {
    expect(toMermaid(crossing)).toBe(`stateDiagram-v2
  state "off" as off
  state "working (parallel)" as working {
    state "cars" as working_cars {
      state "red" as working_cars_red
      state "green" as working_cars_green {
        state "steady" as working_cars_green_steady
        state "blinking" as working_cars_green_blinking
        [*] --> working_cars_green_steady
        working_cars_green_steady --> working_cars_green_blinking : after 500 ms
      }
      [*] --> working_cars_red
      working_cars_red --> working_cars_green : after redTime
      working_cars_green --> working_cars_red : after greenTime
    }
    state "walkers" as working_walkers {
      state "waiting" as working_walkers_waiting
      state "asked" as working_walkers_asked
      state "walking<br/>runs countdown" as working_walkers_walking
      [*] --> working_walkers_waiting
      working_walkers_waiting --> working_walkers_walking : press [isNight]
      working_walkers_waiting --> working_walkers_asked : press [else]
      working_walkers_asked --> working_walkers_walking : always
      working_walkers_walking --> working_walkers_walking : press
      working_walkers_walking --> working_walkers_waiting : vanish<br/>countdown done
    }
  }
  state "broken" as broken {
    state "dark" as broken_dark
    state "repaired" as broken_repaired
    [*] --> broken_dark
    broken_dark --> broken_repaired : repair
    broken_repaired --> [*]
  }
  state "scrapped" as scrapped
  state "any state" as crossing
  [*] --> off : runs clock
  crossing --> broken : fault
  off --> working : power [hasMains]
  working --> off : power
  working_walkers_walking --> broken : countdown failed
  broken --> scrapped : done
  scrapped --> [*]
`);
  });

  it('draws the same machine the same way every time', () => {
    expect(toMermaid(crossing)).toBe(toMermaid(crossing));
  });

  it('draws a parallel machine as one box around its regions', () => {
    const machine = createMachine({
      id: 'player',
      type: 'parallel',
      states: {
        sound: { initial: 'on', states: { on: { on: { mute: 'off' } }, off: {} } },
        track: {},
      },
    });
    expect(toMermaid(machine)).toBe(`stateDiagram-v2
  state "player (parallel)" as player {
    state "sound" as sound {
      state "on" as sound_on
      state "off" as sound_off
      [*] --> sound_on
      sound_on --> sound_off : mute
    }
    state "track" as track
  }
`);
  });

  it('leaves out a transition that changes no state', () => {
    expect(toMermaid(withTransitions({ look: { actions: () => {} }, go: 'b' }))).not.toContain('look');
  });

  it('draws one arrow to each target of a transition that has several', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: { on: { go: { target: ['#x2', '#y2'] } } },
        b: {
          type: 'parallel',
          states: {
            x: { initial: 'x1', states: { x1: {}, x2: { id: 'x2' } } },
            y: { initial: 'y1', states: { y1: {}, y2: { id: 'y2' } } },
          },
        },
      },
    });
    expect(arrows(machine)).toEqual(expect.arrayContaining(['a --> b_x_x2 : go', 'a --> b_y_y2 : go']));
  });

  it('names the wildcard, and keeps partial wildcards as they are', () => {
    expect(arrows(withTransitions({ '*': 'b' }))).toContain('a --> b : any event');
    expect(arrows(withTransitions({ 'mouse.*': 'b' }))).toContain('a --> b : mouse.*');
    expect(arrows(withTransitions({ 'xstate.done.actor.*': 'b' }))).toContain('a --> b : an actor done');
  });

  it('names an actor by its id, else by its source, else not at all', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: { invoke: [{ id: 'first', src: idle }, { src: 'second' }, { src: idle, onDone: 'b' }] },
        b: {},
      },
    });
    expect(toMermaid(machine)).toContain('state "a<br/>runs first, second, an actor" as a');
    expect(arrows(machine)).toContain('a --> b : an actor done');
  });

  it('draws a history state as H, and a deep one as H*', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: { initial: 'x', states: { x: {}, last: { type: 'history' }, deepest: { history: 'deep' } } },
      },
    });
    expect(toMermaid(machine)).toContain('state "H" as a_last');
    expect(toMermaid(machine)).toContain('state "H*" as a_deepest');
  });
});

function isLate(): boolean {
  return true;
}

describe('guards', () => {
  it.each([
    ['by name', 'isOpen', '[isOpen]'],
    ['by name, with parameters', { type: 'isAbove', params: { limit: 3 } }, '[isAbove]'],
    ['that are functions with a name', isLate, '[isLate]'],
    ['that are functions without one', [() => true][0], '[…]'],
    ['negated', not('isOpen'), '[not isOpen]'],
    ['all of them', and(['isOpen', not('isFull')]), '[isOpen and not isFull]'],
    ['any of them', or(['isOpen', 'isVip', 'isLate']), '[isOpen or isVip or isLate]'],
    ['mixed', and([or(['isOpen', 'isVip']), 'isLate']), '[(isOpen or isVip) and isLate]'],
    ['that look at the state', stateIn('b'), '[in b]'],
    ['that look at a nested state', stateIn({ b: { c: 'd' } }), '[in b.c.d]'],
  ])('%s', (_, guard, expected) => {
    const machine = withTransitions({ go: { target: 'b', guard } });
    expect(toMermaid(machine).replaceAll('<br/>', ' ')).toContain(`a --> b : go ${expected}`);
  });

  it('stand on a line of their own where the label would be long', () => {
    const machine = withTransitions({ 'the.long.event': { target: 'b', guard: 'isAsLongAsTheEvent' } });
    expect(arrows(machine)).toContain('a --> b : the.long.event<br/>[isAsLongAsTheEvent]');
  });
});

describe('ids', () => {
  it("differ where two paths come out the same, and from Mermaid's own words", () => {
    const machine = createMachine({
      initial: 'a',
      states: { a: { initial: 'b', states: { b: {} } }, a_b: {}, end: {}, 'go-on': {} },
    });
    const ids = [...toMermaid(machine).matchAll(/ as (\S+)/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain('end');
    expect(ids).toContain('go_on');
  });

  it('are not taken from a state by the machine that has its name', () => {
    const machine = createMachine({
      id: 'door',
      initial: 'door',
      on: { slam: '.door' },
      states: { door: {} },
    });
    expect(arrows(machine)).toContain('door_ --> door : slam');
  });

  it('keep letters of any language', () => {
    const machine = createMachine({ initial: 'größe', states: { größe: {} } });
    expect(arrows(machine)).toContain('[*] --> größe');
  });
});

it('takes from names what Mermaid would read as its own', () => {
  const machine = createMachine({
    initial: 'say "hi"; <b>',
    states: { 'say "hi"; <b>': { on: { 'a;b\nc': 'other' } }, other: {} },
  });
  expect(toMermaid(machine)).toContain(`state "say 'hi', ‹b>" as say__hi____b_`);
  expect(arrows(machine)).toContain('say__hi____b_ --> other : a,b c');
});

/** A machine whose state `a` has these transitions, to itself or to `b`. */
function withTransitions(on: Record<string, unknown>): AnyStateMachine {
  return createMachine({ initial: 'a', states: { a: { on: on as Record<string, string> }, b: {} } });
}

function arrows(machine: AnyStateMachine): string[] {
  const lines = toMermaid(machine).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line.includes(' --> '));
}
