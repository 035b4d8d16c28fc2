/** A sequence as Mermaid's text. */
import { toSequence, type Arrow, type Note } from '../../../inspector/sequence.ts';
import { shortened } from './sequence-drawing.ts';
import type { SequenceRow, Tone } from './sequence.ts';

/** How many characters Mermaid draws, unless it is told otherwise. */
export const mermaidMost = 50_000;

/** No session id is like this. */
const outside = 'outside';

/** @param lifelines names by id, from left to right. */
export function sequenceMermaid(
  rows: readonly SequenceRow[],
  lifelines: Readonly<Record<string, string>>,
  title: string,
): string {
  const hasOutside = rows.some(
    (row) => row.form === 'arrow' && (row.from === undefined || row.to === undefined),
  );
  const participants = { ...(hasOutside ? { [outside]: outside } : {}), ...lifelines };
  let at = 0;
  const entries = rows.map((row) => {
    // Records are in true order, and a clock may be set back.
    at = Math.max(at, row.at);
    return entryOf(row, at);
  });
  return toSequence(entries, participants, title);
}

function entryOf(row: SequenceRow, at: number): Arrow | Note {
  const label = shortened(row.label === '' ? row.type : row.label, 80);
  switch (row.form) {
    case 'arrow': {
      const { from = outside, to = outside, other } = row;
      return {
        kind: kindOf(row.tone),
        from,
        to,
        label: other === undefined ? label : `${other}: ${label}`,
        at,
      };
    }
    case 'self':
      return { kind: 'event', from: row.on, to: row.on, label, at };
    case 'end':
      return { kind: 'note', over: row.on, label: `ends: ${label}`, at };
    case 'note':
      return { kind: 'note', over: row.on, label, at };
  }
}

function kindOf(tone: Tone): Arrow['kind'] {
  if (tone === 'delivery') return 'batch';
  return tone === 'channel' || tone === 'held' ? 'channel' : 'event';
}
