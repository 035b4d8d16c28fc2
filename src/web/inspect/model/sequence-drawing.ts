/**
 * The drawing of a sequence: shapes in plain data, which the pane draws row by row and the exported picture all at
 * once. What they look like is said by their classes.
 */
import { assertNever } from '../../../assert.ts';
import type { Life, SequenceRow } from './sequence.ts';

export interface Shape {
  readonly tag: 'line' | 'path' | 'rect' | 'circle' | 'text';
  readonly className: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly text?: string;
}

/** Where lifelines stand, from left to right. */
export interface Lanes {
  readonly places: ReadonlyMap<string, number>;
  readonly laneWidth: number;
  readonly width: number;
}

/** As in the style sheet. */
export const rowHeight = 30;

/** Room at the left, where what comes from outside begins. */
const edgeWidth = 56;
const leastLaneWidth = 112;

/** Where an arrow is in its row, and the label above it. */
const arrowY = 22.5;
const labelY = 15;
const middleY = rowHeight / 2;

const headLength = 7;
const headHalf = 4;
const letterWidth = 6.1;
const lettersShown = 40;

/** @param width how much there is; a picture of many lifelines is wider. */
export function lanesOf(lifelines: readonly string[], width: number): Lanes {
  const fitting = (width - edgeWidth) / Math.max(1, lifelines.length);
  const laneWidth = Math.max(leastLaneWidth, Math.floor(fitting));
  return {
    // Between two pixels a line would be blurred.
    places: new Map(
      lifelines.map((id, index) => [id, Math.floor(edgeWidth + laneWidth * (index + 0.5)) + 0.5]),
    ),
    laneWidth,
    width: edgeWidth + laneWidth * lifelines.length,
  };
}

export function drawRow(row: SequenceRow, lanes: Lanes, lives: ReadonlyMap<string, Life>): Shape[] {
  return [...drawLives(row.seq, lanes, lives), ...drawWhatHappened(row, lanes)];
}

/** Lifelines as far down as they go, where there is no row. */
export function drawLives(seq: number, { places }: Lanes, lives: ReadonlyMap<string, Life>): Shape[] {
  const shapes: Shape[] = [];
  for (const [id, x] of places) {
    const { begin = -Infinity, end = Infinity } = lives.get(id) ?? {};
    if (seq < begin || seq > end) continue;
    const y1 = seq === begin ? arrowY : 0;
    const y2 = seq === end ? middleY : rowHeight;
    shapes.push({ tag: 'line', className: 'life', attributes: { x1: x, x2: x, y1, y2 } });
  }
  return shapes;
}

export function shortened(text: string, letters = lettersShown): string {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

function drawWhatHappened(row: SequenceRow, lanes: Lanes): Shape[] {
  const { label, tone } = row;
  switch (row.form) {
    case 'arrow':
      return drawArrow(row, lanes);
    case 'self':
      return drawSelf(label, tone, placeOf(row.on, lanes), lanes);
    case 'note':
      return drawNote(label, tone, placeOf(row.on, lanes), lanes);
    case 'end':
      return drawEnd(label, placeOf(row.on, lanes), lanes);
    default:
      return assertNever(row);
  }
}

function drawArrow(row: SequenceRow & { form: 'arrow' }, lanes: Lanes): Shape[] {
  const { from, to, tone, other, label } = row;
  const start = from === undefined ? 0 : placeOf(from, lanes);
  const end = to === undefined ? 0 : placeOf(to, lanes);
  const way = Math.sign(end - start);
  const isAtEdge = from === undefined || to === undefined;
  const text = shortened(other === undefined ? label : `${other}: ${label}`);
  // Beside the edge there is little room on the left of the middle.
  const labelX = isAtEdge ? 12 : (start + end) / 2;
  const shapes: Shape[] = [
    {
      tag: 'line',
      className: `arrow ${tone}`,
      attributes: { x1: start, x2: end - way, y1: arrowY, y2: arrowY },
    },
    drawHead(tone, end, way),
    {
      tag: 'text',
      className: `label ${tone}`,
      attributes: { x: labelX, y: labelY, 'text-anchor': isAtEdge ? 'start' : 'middle' },
      text,
    },
  ];
  if (from === undefined) {
    shapes.push({ tag: 'circle', className: `origin ${tone}`, attributes: { cx: 5, cy: arrowY, r: 4 } });
  }
  return shapes;
}

/** Channel operations have open heads, as messages that nobody waits for have in UML. */
function drawHead(tone: string, x: number, way: number): Shape {
  const back = x - way * headLength;
  const isOpen = tone === 'channel' || tone === 'held';
  const d = `M${back} ${arrowY - headHalf}L${x} ${arrowY}L${back} ${arrowY + headHalf}${isOpen ? '' : 'Z'}`;
  return { tag: 'path', className: `head ${isOpen ? 'open ' : ''}${tone}`, attributes: { d } };
}

function drawSelf(label: string, tone: string, x: number, lanes: Lanes): Shape[] {
  const way = wayAside(x, lanes);
  const far = x + way * 22;
  const back = x + way * headLength;
  const isTimer = tone === 'timer';
  const textX = far + way * (isTimer ? 20 : 6);
  const shapes: Shape[] = [
    {
      tag: 'path',
      className: `arrow ${tone}`,
      attributes: { d: `M${x} 7.5H${far}V${arrowY}H${x + way}`, fill: 'none' },
    },
    {
      tag: 'path',
      className: `head ${tone}`,
      attributes: {
        d: `M${back} ${arrowY - headHalf}L${x} ${arrowY}L${back} ${arrowY + headHalf}Z`,
      },
    },
    beside(label, tone, textX, way),
  ];
  if (isTimer) shapes.push(...drawClock(far + way * 11));
  return shapes;
}

function drawClock(x: number): Shape[] {
  return [
    { tag: 'circle', className: 'clock', attributes: { cx: x, cy: middleY, r: 5.5 } },
    { tag: 'path', className: 'clock', attributes: { d: `M${x} ${middleY - 3.5}V${middleY}H${x + 3}` } },
  ];
}

function drawNote(label: string, tone: string, x: number, lanes: Lanes): Shape[] {
  const text = shortened(label);
  const width = text.length * letterWidth + 18;
  const left = Math.max(1, Math.min(lanes.width - width - 1, x - width / 2));
  return [
    {
      tag: 'rect',
      className: `note ${tone}`,
      attributes: { x: left, y: 4, width, height: rowHeight - 8, rx: 6 },
    },
    {
      tag: 'text',
      className: `said ${tone}`,
      attributes: { x: left + width / 2, y: middleY + 4, 'text-anchor': 'middle' },
      text,
    },
  ];
}

function drawEnd(label: string, x: number, lanes: Lanes): Shape[] {
  const arm = 5;
  const d = `M${x - arm} ${middleY - arm}L${x + arm} ${middleY + arm}M${x + arm} ${middleY - arm}L${x - arm} ${middleY + arm}`;
  const way = wayAside(x, lanes);
  return [{ tag: 'path', className: 'cross', attributes: { d } }, beside(label, 'life', x + way * 12, way)];
}

function beside(label: string, tone: string, x: number, way: number): Shape {
  return {
    tag: 'text',
    className: `label ${tone}`,
    attributes: { x, y: middleY + 4, 'text-anchor': way === 1 ? 'start' : 'end' },
    text: shortened(label),
  };
}

/** To the right, but for the last one, where there is no room. */
function wayAside(x: number, { width, laneWidth }: Lanes): 1 | -1 {
  return width - x < laneWidth * 0.75 ? -1 : 1;
}

function placeOf(id: string, { places }: Lanes): number {
  return places.get(id) ?? 0;
}
