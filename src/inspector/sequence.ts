/**
 * Sequence is a recorded run as Mermaid text (`sequenceDiagram`): who told whom what, in the order in which it
 * happened.
 */

/** One thing that passed from one participant to another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** An event of the control plane, a channel's item, a batch for a writer, or bytes on a wire. */
  readonly kind: 'event' | 'channel' | 'batch' | 'bytes';
  /** When, in milliseconds from any fixed moment. */
  readonly at: number;
}

/** What happened to one participant: it is in another state, or has ended. */
export interface Note {
  readonly kind: 'note';
  readonly over: string;
  readonly label: string;
  readonly at: number;
}

/** How each kind is drawn: Mermaid's arrow, and what the legend says of it. */
const strokes = {
  event: { arrow: '->>', legend: 'full arrow = event' },
  channel: { arrow: '-)', legend: 'open arrow = channel' },
  batch: { arrow: '--)', legend: 'dashed and open = batch' },
  bytes: { arrow: '-->>', legend: 'dashed = bytes' },
} as const satisfies Record<Arrow['kind'], { arrow: string; legend: string }>;

/** A pause worth telling, in milliseconds: a timer has run, and not just the event loop. */
const pauseMs = 1_000;

/**
 * Draws a run. Arrows and notes are put in the order of their times; equal arrows in a row are one, marked `×10`; a
 * pause of a second or more is a note.
 *
 * @param participants each participant's short name for the reader by the name that the arrows have for it, in
 * the order in which they stand from left to right.
 * @throws Error when an arrow starts or ends at none of them.
 */
export function toSequence(
  happenings: readonly (Arrow | Note)[],
  participants: Readonly<Record<string, string>>,
  title?: string,
): string {
  const ids = idsOf(participants);
  const all = [...ids.values()];
  const everybody = [...new Set([...all.slice(0, 1), ...all.slice(-1)])].join(',');
  const lines = title === undefined ? [] : [`title ${plain(title)}`];
  for (const [name, shown] of Object.entries(participants)) {
    lines.push(`participant ${idOf(name, ids)} as ${plain(shown)}`);
  }
  let before: number | undefined;
  for (const happening of folded(happenings)) {
    const { at, until, label } = happening;
    const waitedMs = at - (before ?? at);
    if (waitedMs >= pauseMs) lines.push(`Note over ${everybody}: ${Math.round(waitedMs / 1_000)} s later`);
    if (happening.kind === 'note') {
      lines.push(`Note over ${idOf(happening.over, ids)}: ${plain(label)}`);
    } else {
      const { from, to, kind, times } = happening;
      const count = times > 1 ? ` ×${times}` : '';
      lines.push(`${idOf(from, ids)}${strokes[kind].arrow}${idOf(to, ids)}: ${plain(label)}${count}`);
    }
    before = until;
  }
  const kinds = Object.entries(strokes).filter(([kind]) => happenings.some((one) => one.kind === kind));
  if (kinds.length > 1) {
    lines.push(`Note over ${everybody}: ${kinds.map(([, { legend }]) => legend).join(', ')}`);
  }
  return `sequenceDiagram\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** An arrow or a note, how many like it come in a row, and when the last of them was. */
type Folded = (Arrow | Note) & { times: number; until: number };

function folded(happenings: readonly (Arrow | Note)[]): Folded[] {
  const rows: Folded[] = [];
  for (const happening of happenings.toSorted((a, b) => a.at - b.at)) {
    const last = rows.at(-1);
    if (last !== undefined && same(last, happening)) {
      last.times += 1;
      last.until = happening.at;
    } else {
      rows.push({ ...happening, times: 1, until: happening.at });
    }
  }
  return rows;
}

function same(a: Folded, b: Arrow | Note): boolean {
  if (a.kind === 'note' || b.kind === 'note') return false;
  const near = b.at - a.until < pauseMs;
  return near && a.from === b.from && a.to === b.to && a.label === b.label && a.kind === b.kind;
}

/** Mermaid's ids for the participants: their names in letters, digits and `_`, with a number where two would be the same. */
function idsOf(participants: Readonly<Record<string, string>>): Map<string, string> {
  const ids = new Map<string, string>();
  for (const name of Object.keys(participants)) {
    const id = name.replaceAll(/[^\p{L}\p{N}_]/gu, '_');
    ids.set(name, [...ids.values()].includes(id) ? `${id}_${ids.size}` : id);
  }
  return ids;
}

function idOf(name: string, ids: ReadonlyMap<string, string>): string {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`an arrow starts or ends at ${name}, which is no participant`);
  return id;
}

/** Text without what Mermaid would read as its own: the end of a line, an entity or a tag. */
function plain(text: string): string {
  return text.replaceAll(/[;#]/g, ',').replaceAll('<', '‹').replaceAll(/\s+/g, ' ');
}
