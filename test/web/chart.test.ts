import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { activePaths, chartOf, eventWords } from '../../src/web/model/chart.ts';

const machine = createMachine({
  id: 'm',
  initial: 'idle',
  on: { stop: '.done' },
  states: {
    idle: { on: { start: 'busy', again: 'idle' } },
    busy: {
      type: 'parallel',
      on: { lost: 'idle', gone: 'idle' },
      states: {
        left: { initial: 'a', states: { a: { on: { flip: 'b' } }, b: { after: { 10: '#m.idle' } } } },
        right: { initial: 'c', states: { c: {} } },
      },
    },
    done: { type: 'final' },
  },
});

describe('a chart', () => {
  const chart = chartOf(machine);

  it('has a box for each state, inside the box of the state around it', () => {
    const paths = [
      'idle',
      'busy',
      'busy.left',
      'busy.left.a',
      'busy.left.b',
      'busy.right',
      'busy.right.c',
      'done',
    ];
    expect(chart.boxes.map(({ id }) => id)).toEqual(paths);
    const boxes = new Map(chart.boxes.map((box) => [box.id, box]));
    for (const box of chart.boxes) {
      const around = boxes.get(box.id.replace(/\.?[^.]+$/, ''));
      if (around === undefined) continue;
      expect(box.x).toBeGreaterThan(around.x);
      expect(box.x + box.width).toBeLessThan(around.x + around.width);
      expect(box.y).toBeGreaterThan(around.y);
      expect(box.y + box.height).toBeLessThan(around.y + around.height);
    }
  });

  it('has an arc for each two states between which there are transitions, with their events', () => {
    const arcs = chart.arcs.map(({ from, to, events }) => `${from} → ${to}: ${events.join(', ')}`);
    expect(arcs.toSorted()).toEqual([
      'busy → idle: lost, gone',
      'busy.left.a → busy.left.b: flip',
      'busy.left.b → idle: after 10',
      'idle → busy: start',
    ]);
  });

  it('knows the active states and those around them', () => {
    expect(activePaths('idle')).toEqual(['idle']);
    expect(activePaths({ busy: { left: 'a', right: 'c' } })).toEqual([
      'busy',
      'busy.left',
      'busy.left.a',
      'busy.right',
      'busy.right.c',
    ]);
  });

  it('says in words what XState calls its own events', () => {
    expect(eventWords('xstate.after.pongWait.room.open')).toBe('after pongWait');
    expect(eventWords('lost')).toBe('lost');
  });
});
