/** The inspector's sequence as a model: which rows there are of which records, and what is made of them elsewhere. */
import { renderMermaidSVG } from 'beautiful-mermaid';
import { describe, expect, it } from 'vitest';
import {
  actorOfConnection,
  castMatching,
  castOf,
  familyOf,
  fullNameOf,
  headOf,
  usualLifelines,
} from '../../src/web/inspect/model/cast.ts';
import type { InspectorRecord } from '../../src/inspector/messages.ts';
import { lanesOf } from '../../src/web/inspect/model/sequence-drawing.ts';
import { sequenceMermaid } from '../../src/web/inspect/model/sequence-mermaid.ts';
import { sequenceSvg } from '../../src/web/inspect/model/sequence-svg.ts';
import {
  actorsIn,
  countAfter,
  effectOf,
  indexAfter,
  sequenceOf,
  type SequenceRow,
  type SequenceWish,
} from '../../src/web/inspect/model/sequence.ts';
import type { View } from '../../src/web/inspect/model/session.ts';
import { actor, adasVisit, baseline, longTalk, numbered } from '../support/sequence-records.ts';

const records = numbered(adasVisit);

function viewOf(changes: Partial<View> = {}): View {
  return {
    at: 0,
    isPast: false,
    actors: new Map(baseline.map((one) => [one.id, one])),
    ended: new Map(),
    figures: new Map(),
    gauges: [],
    records,
    recordsSeen: records.length,
    sampledAway: 0,
    ...changes,
  };
}

const cast = castOf(viewOf());
const adas = ['ada', 'ada-reader', 'ada-writer', 'hub', 'server'];

function wish(overrides: Partial<SequenceWish> = {}): SequenceWish {
  return { lifelines: adas, showsOthers: false, actor: undefined, hidden: new Set(), text: '', ...overrides };
}

function rowsOf(of: readonly InspectorRecord[], overrides: Partial<SequenceWish> = {}): SequenceRow[] {
  const { shown: wanted, rowOf } = sequenceOf(of, cast, wish(overrides));
  return wanted.map(rowOf);
}

/** What is written at each row, and at whom it is. */
function shown(overrides: Partial<SequenceWish> = {}): string[] {
  return rowsOf(records, overrides).map((row) =>
    row.form === 'arrow'
      ? `${row.from ?? '…'} → ${row.to ?? '…'}: ${row.other === undefined ? '' : `(${row.other}) `}${row.label}`
      : `${row.form} ${row.on}: ${row.label}`,
  );
}

describe('the cast', () => {
  it('knows whoever the records tell of, ended or not, by full name', () => {
    expect(fullNameOf(cast, 'ada-reader')).toBe('reader of Ada');
    expect(fullNameOf(cast, 'hub')).toBe('hub');
    expect(fullNameOf(cast, 'x:99')).toBe('x:99');
    expect(headOf(cast, 'ada')).toEqual({ id: 'ada', name: 'Ada', about: 'tea' });
    expect(headOf(cast, 'ada-writer')).toEqual({
      id: 'ada-writer',
      name: 'writer',
      about: 'of Ada',
    });
    expect(actorOfConnection(cast, 'c-Ada')?.id).toBe('ada');
    expect(actorOfConnection(cast, 'c-nobody')).toBeUndefined();
  });

  it('gives a connection its reader, its writer, the hub and the server as lifelines, whichever of them is selected', () => {
    expect(usualLifelines(cast, 'ada')).toEqual(adas);
    expect(usualLifelines(cast, 'ada-writer')).toEqual(adas);
    const ada = cast.get('ada');
    expect(ada && familyOf(cast, ada)).toEqual(adas);
  });

  it('gives what is no connection those around it, and nobody those that are always there', () => {
    expect(usualLifelines(cast, 'hub')).toEqual(['hub', 'server']);
    expect(usualLifelines(cast, undefined)).toEqual(['server', 'hub']);
  });

  it('takes of a library’s actors six, and no more', () => {
    const many = Array.from({ length: 20 }, (_, index) => actor(`a${index}`, { parent: 'root' }));
    const library = castOf(
      viewOf({ records: [], actors: new Map([actor('root'), ...many].map((one) => [one.id, one])) }),
    );
    expect(usualLifelines(library, undefined)).toHaveLength(6);
    expect(usualLifelines(library, 'root')[0]).toBe('root');
  });

  it('finds who may be added by name or room, the latest first, and leaves out who is there already', () => {
    expect(castMatching(cast, ' BOB ', adas, 9).map(({ id }) => id)).toEqual([
      'bob-writer',
      'bob-reader',
      'bob',
    ]);
    expect(castMatching(cast, 'tea', [], 1).map(({ id }) => id)).toEqual(['bob']);
    expect(castMatching(cast, 'ada', adas, 9)).toEqual([]);
  });
});

describe('the rows', () => {
  it('are every record between those that are chosen, in true order, each in its form', () => {
    expect(shown()).toEqual([
      'server → ada: spawn',
      'ada → ada-reader: spawn',
      'ada → ada-writer: spawn',
      'note ada: connecting',
      'ada-writer → ada: registered',
      'note ada: open · alive · flowing · clear',
      '… → hub: look',
      'ada-reader → hub: broadcast · tea',
      'hub → ada-writer: chat',
      'hub → ada-writer: chat ×3',
      'self ada: after pingPeriod',
      'ada-reader → ada: socket.closed',
      'note ada: closed',
      '… → server: emptied',
      'note server: ignores emptied',
      'end ada: done · 1005',
    ]);
  });

  it('have those of others too, from the edge, where they are wanted; else these are counted', () => {
    const others = shown({ showsOthers: true });
    expect(others).toContain('… → hub: (reader of Bob) broadcast · tea');
    expect(others).toContain('hub → …: (writer of Bob) chat');
    expect(sequenceOf(records, cast, wish()).ofOthers).toBe(2);
    expect(sequenceOf(records, cast, wish({ showsOthers: true })).ofOthers).toBe(0);
  });

  it('tell of a beginning by a note where the one that spawned it is not chosen', () => {
    expect(shown({ lifelines: ['ada-reader'] })[0]).toBe('note ada-reader: begins');
  });

  it('are filtered by actor, by type and by text, and all that there are of each type are counted', () => {
    expect(shown({ actor: 'server' })).toEqual([
      'server → ada: spawn',
      '… → server: emptied',
      'note server: ignores emptied',
    ]);
    const hidden = new Set(['batch delivered', 'look']);
    expect(shown({ hidden }).join('\n')).not.toMatch(/chat|look/);
    const { types, total, shown: left } = sequenceOf(records, cast, wish({ hidden }));
    expect(types.get('batch delivered')).toEqual({ count: 2, tone: 'delivery' });
    expect(total - left.length).toBe(3);
    expect(shown({ text: ' CLOSED ' })).toEqual(['ada-reader → ada: socket.closed', 'note ada: closed']);
  });

  it('are found by what their records carry, which is not written at them', () => {
    expect(shown({ text: '"reason":"bye"' })).toEqual([
      'ada-reader → ada: socket.closed',
      'end ada: done · 1005',
    ]);
  });

  it('tell all of it in words, for those who hear them', () => {
    const words = rowsOf(records).map((row) => row.words);
    expect(words).toContain('reader of Ada → hub: broadcast · tea');
    expect(words).toContain('from outside → hub: look');
    expect(words).toContain('Ada to itself: after pingPeriod');
    expect(words).toContain('Ada is now open · alive · flowing · clear');
    expect(words).toContain('server ignores emptied');
  });

  it('know where a lifeline begins and ends, as far as the records tell', () => {
    const { lives } = sequenceOf(records, cast, wish());
    expect(lives.get('ada')).toEqual({ begin: 0, end: 17 });
    expect(lives.get('hub')).toBeUndefined();
  });

  it('are counted and found by the numbers of their records', () => {
    const { shown: rows } = sequenceOf(records, cast, wish());
    expect(countAfter(rows, 14)).toBe(3);
    expect(countAfter(rows, -1)).toBe(rows.length);
    expect(rows[indexAfter(rows, 8)]?.seq).toBe(11);
    expect(indexAfter(rows, 99)).toBe(rows.length);
  });

  it('of 20,000 records are searched too', () => {
    const many = numbered(longTalk(20_000));
    const bobs = wish({ lifelines: ['bob', 'bob-reader', 'bob-writer', 'hub'], text: 'tea' });
    expect(sequenceOf(many, cast, bobs).shown).toHaveLength(10_000);
  });
});

describe('a record', () => {
  it('names who took part in it', () => {
    expect(records.slice(0, 8).map(actorsIn)).toEqual([
      ['server', 'ada'],
      ['ada', 'ada-reader'],
      ['ada', 'ada-writer'],
      ['ada'],
      ['ada-writer', 'ada'],
      ['ada'],
      ['hub'],
      ['ada-reader', 'hub'],
    ]);
  });

  it('of an event tells what it led to', () => {
    const effects = records.map((record) => effectOf(records, record));
    expect(effects[4]).toBe('After it: open · alive · flowing · clear.');
    expect(effects[15]).toBe('Ignored: listening has no transition for it.');
    expect(effects[6]).toBeUndefined();
    expect(effects[0]).toBeUndefined();
  });
});

describe('lanes', () => {
  it('share the width, and are wider than it before they are too narrow', () => {
    expect(lanesOf(['a', 'b'], 856).width).toBeLessThanOrEqual(856);
    const many = lanesOf(
      Array.from({ length: 20 }, (_, index) => `a${index}`),
      856,
    );
    expect(many.width).toBeGreaterThan(856);
    expect([...many.places.values()]).toEqual([...many.places.values()].toSorted((a, b) => a - b));
  });
});

describe('as Mermaid', () => {
  const names = Object.fromEntries(adas.map((id) => [id, fullNameOf(cast, id)]));

  it('is in the same order, and is read whole by a reader of Mermaid', () => {
    const text = sequenceMermaid(rowsOf(records), names, 'Ada in a test');
    const lines = text.split('\n').map((line) => line.trim());
    expect(lines.slice(0, 3)).toEqual([
      'sequenceDiagram',
      'title Ada in a test',
      'participant outside as outside',
    ]);
    expect(lines).toContain('participant ada_reader as reader of Ada');
    expect(lines.filter((line) => /->>|-\)/.test(line)).slice(0, 5)).toEqual([
      'server->>ada: spawn',
      'ada->>ada_reader: spawn',
      'ada->>ada_writer: spawn',
      'ada_writer->>ada: registered',
      'outside->>hub: look',
    ]);
    expect(lines).toContain('hub--)ada_writer: chat ×3');
    expect(lines).toContain('Note over ada: ends: done · 1005');
    const svg = renderMermaidSVG(text);
    const drawn = (name: string): number => svg.split(`<g class="${name}"`).length - 1;
    expect(drawn('message')).toBe(lines.filter((line) => /->>|-\)/.test(line)).length);
    expect(drawn('note')).toBe(lines.filter((line) => line.startsWith('Note')).length);
    expect(drawn('actor')).toBe(6);
  });

  it('keeps the true order though the clock was set back', () => {
    const setBack = records.map((record) => ({ ...record, at: record.at - 1_000_000 * record.seq }));
    const forth = sequenceMermaid(rowsOf(records), names, '');
    expect(sequenceMermaid(rowsOf(setBack), names, '')).toBe(forth);
  });

  it('has no participant outside where nothing came from there', () => {
    const rows = rowsOf(records, { lifelines: ['ada', 'ada-reader'] });
    expect(sequenceMermaid(rows, names, '')).not.toContain('outside');
  });
});

function draw(isDark: boolean, title = 'Ada in a test'): string {
  return sequenceSvg(sequenceOf(records, cast, wish()), {
    title,
    lifelines: adas.map((id) => headOf(cast, id)),
    isDark,
  });
}

describe('as SVG', () => {
  it('has every row in order, with its words', () => {
    const titles = [...draw(false).matchAll(/<title>(.*?)<\/title>/g)].map(([, title]) => title);
    expect(titles).toEqual(['Ada in a test', ...rowsOf(records).map(({ words }) => words)]);
  });

  it('needs nothing from elsewhere, and is dark where the page is', () => {
    expect(draw(false)).not.toMatch(/var\(|url\(|href|light-dark/);
    expect(draw(false)).toContain('.paper{fill:#ffffff}');
    expect(draw(true)).toContain('.paper{fill:#17181c}');
  });

  it('takes names as they are, whatever they have in them', () => {
    expect(draw(false, '<b>&\u0000"')).toContain('<title>&lt;b>&amp;&quot;</title>');
  });
});
