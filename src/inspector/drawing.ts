/**
 * A drawing is a state diagram as SVG: beautiful-mermaid's, put right where it misleads.
 *
 * It lays out well and is the only renderer that needs no browser; but it may set an initial state below the
 * others, misplaces some edges, moves states off their edges and hides arrowheads behind labels. What follows
 * corrects version 1.1.3, whose SVG has one element a line and names the states at an edge's ends.
 */
import { parseMermaid, renderMermaidSVG } from 'beautiful-mermaid';

type Graph = ReturnType<typeof parseMermaid>;
type Composite = Graph['subgraphs'][number];
type Point = readonly [x: number, y: number];

const marginPx = 24;

/** Draws a state diagram; the colours are still beautiful-mermaid's variables. */
export function drawStates(mermaid: string): string {
  const graph = parseMermaid(mermaid);
  const svg = renderMermaidSVG(weighted(mermaid, graph), { padding: marginPx, layerSpacing: 36 });
  return cropped(settled(slimmed(inPlace(svg.replaceAll(weights, ''), graph)), graph));
}

// The initial state comes first

/** The edges that were there only to be weighed. */
const weights = /<polyline [^>]*stroke="none"[^>]*\/>\n/g;

/**
 * Where states form a ring, the layout puts on top the one that the most edges leave and the fewest enter. So the
 * edges by which an initial state enters a ring are repeated, without colour, until they are at least as many as
 * those by which the ring comes back to it.
 */
function weighted(mermaid: string, graph: Graph): string {
  const lines = mermaid.split('\n');
  const added: number[] = [];
  for (const initial of initialStates(graph)) {
    const { entering, returning } = ringOf(initial, graph);
    for (let missing = returning; missing > 0 && entering.length > 0; missing -= entering.length) {
      for (const to of entering) {
        added.push(graph.edges.length + added.length);
        lines.push(`${initial} --> ${to}`);
      }
    }
  }
  if (added.length > 0) lines.push(`linkStyle ${added.join(',')} stroke:none`);
  return lines.join('\n');
}

function initialStates({ edges }: Graph): string[] {
  return edges.filter(({ source }) => isStart(source)).map(({ target }) => target);
}

function isStart(id: string): boolean {
  return id.startsWith('_start');
}

/** The states that a state's edges go to and that lead back to it, and how many edges lead back to it in all. */
function ringOf(home: string, { edges, subgraphs }: Graph): { entering: string[]; returning: number } {
  const around = composites(subgraphs);
  const leaving = (id: string): string[] =>
    edges.filter(({ source }) => source === id || around(source).includes(id)).map(({ target }) => target);
  const leadsHome = (id: string, seen = new Set<string>()): boolean =>
    id === home || (!seen.has(id) && leaving(id).some((next) => leadsHome(next, seen.add(id))));
  return {
    entering: leaving(home).filter((to) => to !== home && leadsHome(to)),
    returning: edges.filter(({ source, target }) => target === home && source !== home && !isStart(source))
      .length,
  };
}

/** @returns a function that names the composite states around a state, the innermost first. */
function composites(roots: readonly Composite[]): (id: string) => readonly string[] {
  const around = new Map<string, readonly string[]>();
  const visit = ({ id, nodeIds, children }: Composite, outer: readonly string[]): void => {
    const inner = [id, ...outer];
    around.set(id, outer);
    for (const nodeId of nodeIds) around.set(nodeId, inner);
    for (const child of children) visit(child, inner);
  };
  for (const root of roots) visit(root, []);
  return (id) => around.get(id) ?? [];
}

// Edges are where they belong

const edgeElements = /<polyline class="edge" data-from="([^"]*)" data-to="([^"]*)"[^>]*>/g;
const labelElements = /<g class="edge-label" data-from="([^"]*)" data-to="([^"]*)".*?<\/g>/gs;
const compositeElements =
  /<g class="subgraph" data-id="([^"]*)"[^>]*>\s*<rect x="([^"]*)" y="([^"]*)"[^>]* height="([^"]*)"/g;
const stateElements = /<g class="node" data-id="([^"]*)".*?<\/g>/gs;

/**
 * The layout gives an edge's place within the innermost composite state that holds both its ends. It is taken for
 * a place on the page, unless both are that state's own children: those are the edges to move.
 */
function inPlace(svg: string, { nodes, subgraphs }: Graph): string {
  const around = composites(subgraphs);
  const boxes = compositeBoxes(svg);
  const holders = (id: string): readonly string[] => (boxes.has(id) ? [id, ...around(id)] : around(id));
  const offset = (from: string, to: string): Point => {
    const areSiblings = nodes.has(from) && nodes.has(to) && around(from)[0] === around(to)[0];
    if (areSiblings) return [0, 0];
    const holder = (from === to ? around(from) : holders(from)).find((id) => holders(to).includes(id));
    const box = holder === undefined ? undefined : boxes.get(holder);
    return box === undefined ? [0, 0] : [box.x, box.top];
  };
  return svg
    .replaceAll(edgeElements, (edge, from: string, to: string) => {
      const [byX, byY] = offset(from, to);
      return withPoints(edge, (points) => points.map(([x, y]) => [x + byX, y + byY]));
    })
    .replaceAll(labelElements, (label, from: string, to: string) => moved(label, offset(from, to)));
}

function compositeBoxes(svg: string): Map<string, { x: number; top: number; bottom: number }> {
  const boxes = new Map<string, { x: number; top: number; bottom: number }>();
  for (const [, id = '', x, top, height] of svg.matchAll(compositeElements)) {
    boxes.set(id, { x: Number(x), top: Number(top), bottom: Number(top) + Number(height) });
  }
  return boxes;
}

function pointsOf(edge: string): Point[] {
  const [, points = ''] = / points="([^"]*)"/.exec(edge) ?? [];
  return points.split(' ').map((point) => {
    const [x = 0, y = 0] = point.split(',').map(Number);
    return [x, y];
  });
}

function withPoints(edge: string, change: (points: Point[]) => Point[]): string {
  const points = change(pointsOf(edge)).map(([x, y]) => `${x},${y}`);
  return edge.replace(/ points="[^"]*"/, ` points="${points.join(' ')}"`);
}

function moved(element: string, [byX, byY]: Point): string {
  return element
    .replaceAll(/ (c?x)="([^"]*)"/g, (_, name: string, x: string) => ` ${name}="${Number(x) + byX}"`)
    .replaceAll(/ (c?y)="([^"]*)"/g, (_, name: string, y: string) => ` ${name}="${Number(y) + byY}"`);
}

// Labels hide nothing

/** Makes the frames of labels as small as the layout kept free for them: as they come, they cover arrowheads. */
function slimmed(svg: string): string {
  return svg.replaceAll(
    /(<g class="edge-label"[^>]*>\s*<rect) x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/g,
    (_, start: string, ...box: string[]) => {
      const [x = 0, y = 0, width = 0, height = 0] = box.slice(0, 4).map(Number);
      return `${start} x="${x + 3}" y="${y + 5}" width="${width - 6}" height="${height - 10}"`;
    },
  );
}

// States keep off the bends of their edges

/** What the layout keeps free between a state and a bend, and inside a composite state below its title and above its end. */
const clearPx = 12;
const belowTitlePx = 44;
const aboveEndPx = 16;

/**
 * States at nearly the same height are put at the very same one, wherever they are, with the ends of their edges
 * but not the bends. Each goes back as far as its edges and the state around it demand.
 */
function settled(svg: string, { subgraphs }: Graph): string {
  const around = composites(subgraphs);
  const boxes = compositeBoxes(svg);
  const edges = [...svg.matchAll(edgeElements)].map(([edge, from, to]) => ({
    from,
    to,
    points: pointsOf(edge),
  }));
  const shifts = new Map<string, number>();
  for (const [state, id = ''] of svg.matchAll(stateElements)) {
    const { top, bottom } = extentOf(state);
    const box = boxes.get(around(id)[0] ?? '');
    let highest = box === undefined ? -Infinity : box.top + belowTitlePx;
    let lowest = box === undefined ? Infinity : box.bottom - aboveEndPx;
    for (const { from, to, points } of edges) {
      if (from === to || points.length <= 2) continue;
      const ends = [...(from === id ? [points] : []), ...(to === id ? [points.toReversed()] : [])];
      for (const [[, end] = [0, 0], [, bend] = [0, 0]] of ends) {
        if (end > (top + bottom) / 2) lowest = Math.min(lowest, bend - clearPx);
        else highest = Math.max(highest, bend + clearPx);
      }
    }
    const shift = Math.max(highest - top, Math.min(0, lowest - bottom));
    if (Math.abs(shift) > 0.5) shifts.set(id, shift);
  }
  return shifted(svg, shifts);
}

function extentOf(state: string): { top: number; bottom: number } {
  const [, cy] = /<circle [^>]*cy="([^"]*)"/.exec(state) ?? [];
  if (cy !== undefined) return { top: Number(cy) - 14, bottom: Number(cy) + 14 };
  const [, y, height] = /<rect [^>]*\by="([^"]*)"[^>]* height="([^"]*)"/.exec(state) ?? [];
  return { top: Number(y), bottom: Number(y) + Number(height) };
}

/** Moves states up or down, and with them the ends of their edges; an edge from a state to itself goes as a whole. */
function shifted(svg: string, shifts: ReadonlyMap<string, number>): string {
  const by = (id: string): number => shifts.get(id) ?? 0;
  return svg
    .replaceAll(stateElements, (state, id: string) => moved(state, [0, by(id)]))
    .replaceAll(edgeElements, (edge, from: string, to: string) =>
      withPoints(edge, (points) =>
        points.map(([x, y], index) => {
          if (from === to || index === 0) return [x, y + by(from)];
          return [x, index === points.length - 1 ? y + by(to) : y];
        }),
      ),
    );
}

// The page ends where the drawing does

/** Leaves the same margin on all sides. */
function cropped(svg: string): string {
  const boxes = [...svg.matchAll(/<rect x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/g)];
  const rings = [...svg.matchAll(/<circle cx="([^"]*)" cy="([^"]*)" r="([^"]*)"/g)];
  const corners: Point[] = [...svg.matchAll(edgeElements)].flatMap(([edge]) => pointsOf(edge));
  for (const box of boxes) {
    const [x = 0, y = 0, width = 0, height = 0] = box.slice(1).map(Number);
    corners.push([x + width, y + height]);
  }
  for (const ring of rings) {
    const [x = 0, y = 0, radius = 0] = ring.slice(1).map(Number);
    corners.push([x + radius, y + radius]);
  }
  const width = Math.ceil(Math.max(...corners.map(([x]) => x)) + marginPx);
  const height = Math.ceil(Math.max(...corners.map(([, y]) => y)) + marginPx);
  return svg.replace(
    / viewBox="[^"]*" width="[^"]*" height="[^"]*"/,
    ` viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
  );
}
