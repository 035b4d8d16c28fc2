/**
 * Render makes an SVG of Mermaid text: one that needs nothing else and is legible in any viewer, on a light page
 * and on a dark one.
 *
 * The drawing is beautiful-mermaid's. What it would have us read badly or fetch from elsewhere is put right here.
 */
import { parseMermaid, renderMermaidSVG } from 'beautiful-mermaid';

type Graph = ReturnType<typeof parseMermaid>;
type Composite = Graph['subgraphs'][number];

// Widths are estimated for Inter, which is wider than these: so labels keep inside their frames.
const font = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";

/** The colours by the names that beautiful-mermaid gives them, on a light page and on a dark one. */
const colours = {
  bg: ['#ffffff', '#0d1117'],
  '_group-fill': ['#ffffff', '#0d1117'],
  '_group-hdr': ['#eaeef2', '#1c232c'],
  '_node-fill': ['#ddf4ff', '#12294a'],
  '_node-stroke': ['#8fa6bd', '#4d6480'],
  '_inner-stroke': ['#d1d9e0', '#343b44'],
  _line: ['#6e7781', '#8b949e'],
  _arrow: ['#424a53', '#c9d1d9'],
  _text: ['#1f2328', '#f0f6fc'],
  '_text-sec': ['#32383f', '#d8dee4'],
  '_text-muted': ['#32383f', '#d8dee4'],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

/**
 * @param title what the picture shows, for those who hear it or point at it.
 * @returns the SVG, the same for the same text.
 */
export function renderSvg(mermaid: string, title: string): string {
  const svg = /^sequenceDiagram\s/.test(mermaid) ? renderSequence(mermaid) : renderStates(mermaid);
  return standAlone(svg, title);
}

// State diagrams

function renderStates(mermaid: string): string {
  const svg = renderMermaidSVG(weighted(mermaid), { padding: marginPx, layerSpacing: 36 });
  return cropped(slimmed(inPlace(svg.replaceAll(weights, ''), parseMermaid(mermaid))));
}

const marginPx = 24;

/** The edges that were there only to be weighed. */
const weights = /<polyline [^>]*stroke="none"[^>]*\/>\n/g;

/**
 * Puts the initial state first. Where states form a ring, the layout puts that one on top from which the most
 * edges leave and at which the fewest arrive. So the edges by which an initial state enters a ring are repeated,
 * without colour, until they are at least as many as those by which the ring comes back to it.
 */
function weighted(mermaid: string): string {
  const graph = parseMermaid(mermaid);
  const lines = mermaid.split('\n');
  const added: number[] = [];
  let count = graph.edges.length;
  for (const initial of initialStates(graph)) {
    const { entering, returning } = ringOf(initial, graph);
    for (let missing = returning; missing > 0 && entering.length > 0; missing -= entering.length) {
      for (const to of entering) {
        lines.push(`${initial} --> ${to}`);
        added.push(count);
        count += 1;
      }
    }
  }
  if (added.length > 0) lines.push(`linkStyle ${added.join(',')} stroke:none`);
  return lines.join('\n');
}

function initialStates({ edges }: Graph): string[] {
  return edges.filter(({ source }) => source.startsWith('_start')).map(({ target }) => target);
}

/** The states that a state's edges go to and that lead back to it, and how many edges lead back to it in all. */
function ringOf(home: string, { edges, subgraphs }: Graph): { entering: string[]; returning: number } {
  const within = containers(subgraphs);
  const leaving = (id: string): string[] =>
    edges.filter(({ source }) => source === id || within(source).includes(id)).map(({ target }) => target);
  const leadsHome = (id: string, seen = new Set<string>()): boolean =>
    id === home || (!seen.has(id) && leaving(id).some((next) => leadsHome(next, seen.add(id))));
  const arriving = edges.filter(({ source, target }) => target === home && source !== home);
  return {
    entering: leaving(home).filter((to) => to !== home && leadsHome(to)),
    returning: arriving.filter(({ source }) => !source.startsWith('_start')).length,
  };
}

/**
 * Moves edges to where they belong. The layout gives an edge's place within the innermost composite state that
 * holds both its ends; beautiful-mermaid 1.1 takes it for a place on the page, unless both are its own children.
 */
function inPlace(svg: string, { nodes, subgraphs }: Graph): string {
  const within = containers(subgraphs);
  const origins = new Map<string, string>();
  for (const [, id, x, y] of svg.matchAll(
    /<g class="subgraph" data-id="([^"]*)"[^>]*>\s*<rect x="([^"]*)" y="([^"]*)"/g,
  )) {
    if (id !== undefined) origins.set(id, `${x} ${y}`);
  }
  const misplacement = (from: string, to: string): string | undefined => {
    const [parent] = within(from);
    if (nodes.has(from) && nodes.has(to) && parent === within(to)[0]) return undefined;
    const aroundFrom = from === to || !origins.has(from) ? within(from) : [from, ...within(from)];
    const aroundTo = origins.has(to) ? [to, ...within(to)] : within(to);
    const holder = aroundFrom.find((id) => aroundTo.includes(id));
    return holder === undefined ? undefined : origins.get(holder);
  };
  return svg.replaceAll(
    /<(?:polyline class="edge"|g class="edge-label") data-from="([^"]*)" data-to="([^"]*)"/g,
    (tag, from: string, to: string) => {
      const origin = misplacement(from, to);
      return origin === undefined ? tag : `${tag} transform="translate(${origin})"`;
    },
  );
}

/** Makes the frames of labels as small as the layout has kept free for them; as they come, they hide arrowheads. */
function slimmed(svg: string): string {
  return svg.replaceAll(
    /(<g class="edge-label"[^>]*>\s*<rect) x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/g,
    (_, start: string, ...box: string[]) => {
      const [x = 0, y = 0, width = 0, height = 0] = box.slice(0, 4).map(Number);
      return `${start} x="${x + 3}" y="${y + 5}" width="${width - 6}" height="${height - 10}"`;
    },
  );
}

/** Leaves the same margin on all sides: beautiful-mermaid leaves more on the right and below. */
function cropped(svg: string): string {
  const boxes = [...svg.matchAll(/ x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map(
    (box) => {
      const [x = 0, y = 0, width = 0, height = 0] = box.slice(1).map(Number);
      return [x + width, y + height] as const;
    },
  );
  const bends = [...svg.matchAll(/ points="([^"]*)"/g)].flatMap(([, points = '']) =>
    points.split(' ').map((point) => point.split(',').map(Number)),
  );
  const rings = [...svg.matchAll(/ cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"/g)].map((ring) => {
    const [x = 0, y = 0, radius = 0] = ring.slice(1).map(Number);
    return [x + radius, y + radius] as const;
  });
  const ends = [...boxes, ...bends, ...rings];
  const width = Math.ceil(Math.max(...ends.map(([x = 0]) => x)) + marginPx);
  const height = Math.ceil(Math.max(...ends.map(([, y = 0]) => y)) + marginPx);
  return svg.replace(
    / viewBox="[^"]*" width="[^"]*" height="[^"]*"/,
    ` viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
  );
}

/** @returns a function that names the composite states around a state, the innermost first. */
function containers(composites: readonly Composite[]): (id: string) => readonly string[] {
  const around = new Map<string, readonly string[]>();
  const visit = ({ id, nodeIds, children }: Composite, outer: readonly string[]): void => {
    around.set(id, outer);
    const inner = [id, ...outer];
    for (const nodeId of nodeIds) around.set(nodeId, inner);
    for (const child of children) visit(child, inner);
  };
  for (const composite of composites) visit(composite, []);
  return (id) => around.get(id) ?? [];
}

// Sequence diagrams

function renderSequence(mermaid: string): string {
  // A line behind a label is broken, not crossed.
  const halo = 'paint-order="stroke" stroke="var(--bg)" stroke-width="4" stroke-linejoin="round"';
  return renderMermaidSVG(spaced(mermaid))
    .replaceAll(filler, '')
    .replaceAll(/(<g class="message"[^>]*>\s*<(?:line|polyline)[^>]*>\s*<text)/g, `$1 ${halo}`);
}

/** A character that no text has: it makes a name as wide as it must be and is then taken away. */
const filler = '\uE000';

/**
 * Sets the participants so far apart that each label fits between the two that it is for. beautiful-mermaid
 * goes by the widths of the names alone, so all names are made wide enough.
 */
function spaced(mermaid: string): string {
  const participants = [...mermaid.matchAll(/^ *participant (\S+) as /gm)].map(([, id]) => id);
  const gaps = [...mermaid.matchAll(/^ *([^\s-]+)--?>?[>)](\S+?): (.*)$/gm)].map(
    ([, from, to, label = '']) => {
      const spans = Math.abs(participants.indexOf(from) - participants.indexOf(to));
      return spans === 0 ? label.length * labelPx + selfLoopPx : (label.length * labelPx + arrowPx) / spans;
    },
  );
  const letters = Math.ceil((Math.max(0, ...gaps) - besideNamePx) / namePx);
  return mermaid.replaceAll(/^( *participant \S+ as )(.*)$/gm, (_, start: string, name: string) => {
    const missing = Math.max(0, letters - name.length);
    return start + filler.repeat(Math.floor(missing / 2)) + name + filler.repeat(Math.ceil(missing / 2));
  });
}

/** Pixels, as beautiful-mermaid has them: a letter of a label and of a name, and what is beside the letters. */
const labelPx = 5.5;
const namePx = 7.41;
const arrowPx = 24;
const selfLoopPx = 60;
const besideNamePx = 72;

// Every diagram

/**
 * Makes the file stand alone: no font from elsewhere, and colours that even a viewer without style sheets knows,
 * with a style sheet that exchanges them on a dark page.
 */
function standAlone(svg: string, title: string): string {
  const dark = new Map(Object.values(colours).map(([onLight, onDark]) => [onLight as string, onDark]));
  const style = [
    `  text { font-family: ${font}; }`,
    '  @media (prefers-color-scheme: dark) {',
    ...[...dark].map(
      ([onLight, onDark]) =>
        `    [fill="${onLight}"] { fill: ${onDark}; } [stroke="${onLight}"] { stroke: ${onDark}; }`,
    ),
    '  }',
  ];
  const head = [
    `<title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>`,
    `<style>\n${style.join('\n')}\n</style>`,
    `<rect width="100%" height="100%" fill="${colours.bg[0]}" />`,
  ];
  return `${svg
    .replace(/<style>.*?<\/style>/s, () => head.join('\n'))
    .replace(/ style="[^"]*"/, ' role="img"')
    .replaceAll(/var\(--([\w-]+)\)/g, (_, name: string) => colour(name))
    .replaceAll(/\d+\.\d{3,}/g, (number) => String(Math.round(Number(number) * 100) / 100))}\n`;
}

function colour(name: string): string {
  if (!Object.hasOwn(colours, name)) throw new Error(`no colour is chosen for ${name}`);
  return colours[name as keyof typeof colours][0];
}
