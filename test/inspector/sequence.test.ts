import { describe, expect, it } from 'vitest';
import { toSequence, type Arrow, type Note } from '../../src/inspector/sequence.ts';

const participants = { browser: 'Ada', 'connection.reader': 'reader', hub: 'hub' };

function arrow(overrides: Partial<Arrow> = {}): Arrow {
  return { from: 'browser', to: 'hub', label: 'knock', kind: 'event', at: 0, ...overrides };
}

function linesOf(arrows: readonly (Arrow | Note)[], title?: string): string[] {
  return toSequence(arrows, participants, title)
    .split('\n')
    .map((line) => line.trim());
}

describe('toSequence', () => {
  it('draws title, participants in their order, each kind of arrow, and what the kinds mean', () => {
    const arrows: Arrow[] = [
      { from: 'browser', to: 'connection.reader', label: 'a frame', kind: 'bytes', at: 1 },
      { from: 'connection.reader', to: 'hub', label: 'broadcast', kind: 'channel', at: 2 },
      { from: 'hub', to: 'hub', label: 'round', kind: 'event', at: 3 },
    ];
    expect(toSequence(arrows, participants, 'Ada says hello')).toBe(`sequenceDiagram
  title Ada says hello
  participant browser as Ada
  participant connection_reader as reader
  participant hub as hub
  browser-->>connection_reader: a frame
  connection_reader-)hub: broadcast
  hub->>hub: round
  Note over browser,hub: full arrow = event, open arrow = channel, dashed = bytes
`);
  });

  it('draws what happened to one participant as a note in its place, and keeps equal arrows around it apart', () => {
    const run = [arrow(), { kind: 'note', over: 'hub', label: 'full; #1', at: 0 }, arrow()] as const;
    expect(linesOf(run).slice(4)).toEqual([
      'browser->>hub: knock',
      'Note over hub: full, ,1',
      'browser->>hub: knock',
      '',
    ]);
  });

  it('draws a batch as an open and dashed arrow', () => {
    expect(linesOf([arrow({ kind: 'batch' })])).toContain('browser--)hub: knock');
  });

  it('needs no legend where all arrows are of one kind', () => {
    expect(toSequence([arrow()], participants)).not.toContain('Note');
  });

  it('puts arrows in the order of their times, and those of one time in the order given', () => {
    const arrows = [arrow({ label: 'third', at: 2 }), arrow({ label: 'first' }), arrow({ label: 'second' })];
    const labels = linesOf(arrows).flatMap((line) => /^browser->>hub: (.*)$/.exec(line)?.slice(1) ?? []);
    expect(labels).toEqual(['first', 'second', 'third']);
  });

  it('makes one arrow of equal ones in a row, with their number', () => {
    const arrows = Array.from({ length: 10 }, (_, at) => arrow({ at }));
    expect(linesOf(arrows).filter((line) => line.startsWith('browser->>'))).toEqual([
      'browser->>hub: knock ×10',
    ]);
  });

  it('keeps equal arrows apart that another one separates', () => {
    const arrows = [arrow({ at: 0 }), arrow({ at: 1, label: 'wait' }), arrow({ at: 2 })];
    expect(linesOf(arrows).filter((line) => line.startsWith('browser->>'))).toHaveLength(3);
  });

  it.each([
    ['from', { from: 'hub' }],
    ['to', { to: 'connection.reader' }],
    ['label', { label: 'ring' }],
    ['kind', { kind: 'channel' }],
  ] as const)('keeps arrows apart that differ in %s', (_, difference) => {
    expect(toSequence([arrow(), arrow(difference)], participants)).not.toContain('×');
  });

  it('tells of a pause of a second or more, counted from the last arrow', () => {
    const arrows = [arrow({ at: 5_000 }), arrow({ at: 5_999 }), arrow({ at: 30_999 })];
    expect(linesOf(arrows).slice(4, 7)).toEqual([
      'browser->>hub: knock ×2',
      'Note over browser,hub: 25 s later',
      'browser->>hub: knock',
    ]);
  });

  it('gives participants ids of their own where two names come out the same', () => {
    const text = toSequence([], { 'a.b': 'one', 'a-b': 'two' });
    const ids = [...text.matchAll(/participant (\S+) as/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(2);
  });

  it('takes from labels what Mermaid would read as its own', () => {
    expect(linesOf([arrow({ label: 'a; #b\n<i>' })])).toContain('browser->>hub: a, ,b ‹i>');
  });

  it('refuses an arrow that ends at no participant, by name', () => {
    expect(() => toSequence([arrow({ to: 'nobody' })], participants)).toThrow('nobody');
  });
});
