/**
 * A picture is what a diagram's SVG shows and where: for tests that ask whether it can be read.
 */

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export type Point = readonly [x: number, y: number];

export interface Picture {
  readonly page: Box;
  readonly states: ReadonlyMap<string, Box>;
  readonly composites: ReadonlyMap<string, Box>;
  readonly labels: readonly { readonly text: string; readonly box: Box }[];
  readonly edges: readonly Edge[];
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly points: readonly Point[];
}

/** Reads an SVG that `renderSvg` made. */
export function picture(svg: string): Picture {
  const [, width, height] = /<svg [^>]* width="([^"]*)" height="([^"]*)"/.exec(svg) ?? [];
  return {
    page: { left: 0, right: Number(width), top: 0, bottom: Number(height) },
    states: boxesOf(svg, 'node'),
    composites: boxesOf(svg, 'subgraph'),
    labels: [...svg.matchAll(/<g class="edge-label"[^>]*data-label="([^"]*)"[^>]*>(.*?)<\/g>/gs)].map(
      ([, text = '', inside = '']) => ({ text, box: boxOf(inside) }),
    ),
    edges: [
      ...svg.matchAll(/<polyline class="edge" data-from="([^"]*)" data-to="([^"]*)"[^>]* points="([^"]*)"/g),
    ].map(([, from = '', to = '', points = '']) => ({ from, to, points: points.split(' ').map(pointOf) })),
  };
}

function boxesOf(svg: string, kind: 'node' | 'subgraph'): Map<string, Box> {
  const elements = svg.matchAll(new RegExp(`<g class="${kind}" data-id="([^"]*)"[^>]*>\\s*(<[^>]*>)`, 'g'));
  return new Map([...elements].map(([, id = '', shape = '']) => [id, boxOf(shape)]));
}

/** The box of the first rectangle or circle. */
function boxOf(shapes: string): Box {
  const [shape = ''] = /<(?:rect|circle) [^>]*>/.exec(shapes) ?? [];
  const [cx, cy, radius] = ['cx', 'cy', 'r'].map((name) => numberOf(shape, name));
  if (cx !== undefined && cy !== undefined && radius !== undefined) {
    return { left: cx - radius, right: cx + radius, top: cy - radius, bottom: cy + radius };
  }
  const [left = 0, top = 0, width = 0, height = 0] = ['x', 'y', 'width', 'height'].map((name) =>
    numberOf(shape, name),
  );
  return { left, right: left + width, top, bottom: top + height };
}

function numberOf(shape: string, attribute: string): number | undefined {
  const [, value] = new RegExp(` ${attribute}="([^"]*)"`).exec(shape) ?? [];
  return value === undefined ? undefined : Number(value);
}

function pointOf(text: string): Point {
  const [x = Number.NaN, y = Number.NaN] = text.split(',').map(Number);
  return [x, y];
}
