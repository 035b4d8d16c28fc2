import { beforeAll, describe, expect, it } from 'vitest';
import { existing, generate } from '../diagrams/generate.ts';
import { renderSvg } from '../diagrams/render.ts';
import { toSequence, type Arrow } from '../src/inspector/sequence.ts';
import { picture, type Box, type Point } from './support/picture.ts';

describe('the diagrams in the folder', () => {
  let generated: Map<string, string>;
  let present: Map<string, string>;
  beforeAll(async () => {
    [generated, present] = await Promise.all([generate(), existing()]);
  }, 60_000);

  it('are those that `npm run diagrams` makes: none is stale, missing or extra', () => {
    const names = [...new Set([...generated.keys(), ...present.keys()])];
    const wrong = names.flatMap((name) => {
      if (!present.has(name)) return [`${name} is missing`];
      if (!generated.has(name)) return [`${name} is extra`];
      return present.get(name) === generated.get(name) ? [] : [`${name} is stale`];
    });
    expect(wrong, 'run `npm run diagrams` and commit what it changes').toEqual([]);
  });

  it('come as Mermaid text and as SVG', () => {
    const names = [...generated.keys()];
    const texts = names.filter((name) => name.endsWith('.mmd'));
    expect(texts.length).toBeGreaterThan(0);
    expect(names.toSorted()).toEqual(
      texts.flatMap((name) => [name, name.replace('.mmd', '.svg')]).toSorted(),
    );
  });

  it('refer to nothing outside themselves', () => {
    for (const [name, text] of generated) {
      const inside = text.replace('xmlns="http://www.w3.org/2000/svg"', '');
      const references = inside.match(
        /https?:|\/\/\w|@import|@font-face|\bhref|\bsrc=|url\((?!#)|<script|<foreignObject/g,
      );
      expect({ name, references }).toEqual({ name, references: null });
    }
  });

  it('can be read: nothing covers anything else or is cut off, and each arrow reaches from state to state', () => {
    const faults = [...generated].flatMap(([name, text]) =>
      name.endsWith('.svg') ? faultsOf(text).map((fault) => `${name}: ${fault}`) : [],
    );
    expect(faults).toEqual([]);
  });
});

describe('renderSvg', () => {
  it('is legible where states are nested and arrows cross their borders', () => {
    const svg = renderSvg(
      `stateDiagram-v2
  state "idle" as idle
  state "on" as on {
    state "a" as on_a
    state "b" as on_b {
      state "x" as on_b_x
      state "y" as on_b_y {
        state "p" as on_b_y_p
        state "q" as on_b_y_q
        [*] --> on_b_y_p
        on_b_y_p --> on_b_y_q : next
      }
      [*] --> on_b_x
      on_b_x --> on_b_y : go
    }
    state "c" as on_c
    [*] --> on_a
    on_a --> on_b : enter
    on_b --> on_c : leave
  }
  [*] --> idle
  idle --> on : start
  on --> idle : stop
  on_b_x --> on_c : jump
  on --> on_c : skip
  on --> on : restart
  on_a --> on_a : again
  on_b_y_q --> on : up
  on_b_y_q --> idle : out
`,
      'a nested machine',
    );
    expect(faultsOf(svg)).toEqual([]);
  });

  it('puts the initial state of a ring first', () => {
    const svg = renderSvg(
      `stateDiagram-v2
  state "ring" as ring {
    state "one" as one
    state "two" as two
    state "three" as three
    [*] --> one
    one --> two : on
    two --> three : on
    three --> one : on
    two --> one : back
  }
  state "out" as out
  [*] --> ring
  two --> out : leave
  three --> out : leave
`,
      'a ring',
    );
    const { states } = picture(svg);
    const heights = ['one', 'two', 'three'].map((id) => states.get(id)?.top ?? Number.NaN);
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
    expect(faultsOf(svg)).toEqual([]);
  });

  it('sets participants so far apart that the longest label fits between them', () => {
    const label = 'a label that is much longer than the names';
    const arrows: Arrow[] = [
      { from: 'a', to: 'b', label, kind: 'event', at: 0 },
      { from: 'b', to: 'b', label, kind: 'event', at: 1 },
      { from: 'b', to: 'c', label: 'short', kind: 'event', at: 2 },
    ];
    const svg = renderSvg(toSequence(arrows, { a: 'A', b: 'B', c: 'C' }), 'a run');
    const [, a = 0, b = 0, c = 0] =
      /^.*?data-actor="a" x1="([\d.]+)".*?data-actor="b" x1="([\d.]+)".*?data-actor="c" x1="([\d.]+)"/s
        .exec(svg)
        ?.map(Number) ?? [];
    expect(b - a).toBeGreaterThan(label.length * 5);
    expect(c - b).toBeGreaterThan(label.length * 5);
    expect(svg).toContain('>A</text>');
  });

  it('says what the picture shows, to those who hear it', () => {
    const svg = renderSvg('stateDiagram-v2\n  [*] --> a\n', 'Now & <then>');
    expect(svg).toContain('<title>Now &amp; &lt;then></title>');
    expect(svg).toContain('role="img"');
  });

  it('needs neither style sheet nor variables to be legible on a light page', () => {
    const svg = renderSvg('stateDiagram-v2\n  [*] --> a\n', 'a').replace(/<style>.*<\/style>/s, '');
    expect(svg).not.toMatch(/var\(|color-mix/);
    expect(svg).toContain('<rect width="100%" height="100%" fill="#ffffff" />');
  });
});

/** What keeps a state diagram from being read, in words. */
function faultsOf(svg: string): string[] {
  const { page, states, composites, labels, edges } = picture(svg);
  const faults = [...states, ...composites]
    .filter(([, box]) => !contains(page, box))
    .map(([id]) => `${id} is cut off`);
  for (const edge of edges) {
    const boxOf = (id: string): Box | undefined => states.get(id) ?? composites.get(id);
    const faultsOfEdge = faultsOfArrow(edge.points, boxOf(edge.from), boxOf(edge.to), page);
    faults.push(...faultsOfEdge.map((fault) => `${edge.from} → ${edge.to} ${fault}`));
  }
  labels.forEach(({ text, box }, index) => {
    const others = [
      ...[...states].map(([id, state]) => ({ name: id, box: state })),
      ...labels.slice(index + 1).map((other) => ({ name: `"${other.text}"`, box: other.box })),
      ...edges.map(({ from, to, points }) => ({ name: `the head of ${from} → ${to}`, box: headOf(points) })),
    ];
    if (!contains(page, box)) faults.push(`"${text}" is cut off`);
    for (const other of others) if (overlap(box, other.box)) faults.push(`"${text}" covers ${other.name}`);
  });
  return faults;
}

function faultsOfArrow(
  points: readonly Point[],
  from: Box | undefined,
  to: Box | undefined,
  page: Box,
): string[] {
  const [start = nowhere, afterStart = nowhere] = points;
  const [end = nowhere, beforeEnd = nowhere] = points.toReversed();
  const faults: string[] = [];
  if (from === undefined || !touches(from, start)) faults.push('does not begin at its state');
  if (to === undefined || !touches(to, end)) faults.push('does not end at its state');
  // What begins or ends at a composite state may well lead to what is inside it.
  if (from !== undefined && isSmall(from) && isInside(from, afterStart))
    faults.push('begins inside its state');
  if (to !== undefined && isSmall(to) && isInside(to, beforeEnd)) faults.push('ends inside its state');
  if (Math.hypot(end[0] - beforeEnd[0], end[1] - beforeEnd[1]) < headPx)
    faults.push('is too short for its head');
  if (!points.every(([x, y]) => contains(page, { left: x, right: x, top: y, bottom: y })))
    faults.push('is cut off');
  return faults;
}

const nowhere: Point = [Number.NaN, Number.NaN];
const headPx = 8;

function isSmall({ top, bottom }: Box): boolean {
  return bottom - top < 60;
}

function headOf(points: readonly Point[]): Box {
  const [[x, y] = nowhere, [beforeX, beforeY] = nowhere] = points.toReversed();
  const [tailX, tailY] = [x + Math.sign(beforeX - x) * headPx, y + Math.sign(beforeY - y) * headPx];
  return {
    left: Math.min(x, tailX),
    right: Math.max(x, tailX),
    top: Math.min(y, tailY),
    bottom: Math.max(y, tailY),
  };
}

function contains(outer: Box, inner: Box): boolean {
  return (
    inner.left >= outer.left &&
    inner.right <= outer.right &&
    inner.top >= outer.top &&
    inner.bottom <= outer.bottom
  );
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Whether a point is on the border of a box, give or take the pixels that a circle leaves free in its own. */
function touches(box: Box, point: Point): boolean {
  return isInside(grown(box, 3), point) && !isInside(grown(box, -3), point);
}

function isInside(box: Box, [x, y]: Point): boolean {
  return x > box.left && x < box.right && y > box.top && y < box.bottom;
}

function grown({ left, right, top, bottom }: Box, by: number): Box {
  return { left: left - by, right: right + by, top: top - by, bottom: bottom + by };
}
