/** The drawing of a machine, in the document: which of it is lit, what flashes, and what is written at its arrows. */
import type { Definition, Timer } from '../../../inspector/messages.ts';
import { activePaths } from '../../model/chart.ts';

const svgNamespace = 'http://www.w3.org/2000/svg';

/** What a drawing is made of. A recording may be anybody's, and nothing else of it gets into the page. */
const drawn: ReadonlySet<string> = new Set([
  'svg',
  'g',
  'defs',
  'marker',
  'rect',
  'circle',
  'polyline',
  'polygon',
  'text',
  'tspan',
]);
const undrawn = /^on|href$|^style$/;

/** @returns an empty drawing where the text is none. */
export function parseSvg(text: string): SVGSVGElement {
  const { documentElement: root } = new DOMParser().parseFromString(text, 'image/svg+xml');
  if (root.localName !== 'svg') return document.createElementNS(svgNamespace, 'svg');
  for (const element of [root, ...root.querySelectorAll('*')]) {
    if (!drawn.has(element.localName) || element.namespaceURI !== svgNamespace) element.remove();
    for (const name of element.getAttributeNames()) {
      if (undrawn.test(name.toLowerCase())) element.removeAttribute(name);
    }
  }
  return document.importNode(root, true) as unknown as SVGSVGElement;
}

/** Lights the states of a value, and no others. */
export function light(svg: SVGSVGElement, { states }: Definition, value: unknown): void {
  const active = new Set(activePaths(value).map((path) => states[path]));
  for (const state of svg.querySelectorAll<SVGGElement>('g.node, g.subgraph')) {
    state.toggleAttribute('data-active', active.has(state.dataset['id']));
  }
}

/** Has arrows flash once; those that did before no more. */
export function flash(svg: SVGSVGElement, edges: readonly string[]): void {
  for (const element of svg.querySelectorAll('.taken')) element.classList.remove('taken');
  // Without this an arrow that is taken twice would flash once.
  svg.getBoundingClientRect();
  for (const edge of edges) for (const element of elementsOf(svg, edge)) element.classList.add('taken');
}

/** Writes the remaining time below the labels of the arrows that will be taken by themselves. */
export function countDown(
  svg: SVGSVGElement,
  { transitions }: Definition,
  timers: readonly Timer[],
  now: number,
): void {
  const words = new Map<string, string>();
  for (const { event, dueAt } of timers) {
    const seconds = Math.max(0, dueAt - now) / 1_000;
    for (const transition of transitions) {
      if (transition.event !== event) continue;
      for (const edge of transition.edges) words.set(edge, `in ${seconds.toFixed(1)} s`);
    }
  }
  for (const label of svg.querySelectorAll<SVGGElement>('g.edge-label')) {
    write(label, words.get(`${label.dataset['from']}>${label.dataset['to']}`));
  }
}

/** Where what is lit stands, in the drawing's own units: the innermost states. */
export function litBox(svg: SVGSVGElement): DOMRect | undefined {
  const boxes = [...svg.querySelectorAll<SVGGElement>('g.node[data-active]')].map((node) => node.getBBox());
  if (boxes.length === 0) return undefined;
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  return new DOMRect(left, top, right - left, bottom - top);
}

function elementsOf(svg: SVGSVGElement, edge: string): SVGElement[] {
  const all = svg.querySelectorAll<SVGElement>('.edge, .edge-label');
  return [...all].filter(({ dataset }) => `${dataset['from']}>${dataset['to']}` === edge);
}

function write(label: SVGGElement, text: string | undefined): void {
  let note = label.querySelector('.remaining');
  if (text === undefined) {
    note?.remove();
    return;
  }
  if (note === null) {
    const { x, y, width, height } = label.getBBox();
    note = document.createElementNS(svgNamespace, 'text');
    note.classList.add('remaining');
    note.setAttribute('x', String(x + width / 2));
    note.setAttribute('y', String(y + height + 11));
    note.setAttribute('text-anchor', 'middle');
    label.append(note);
  }
  note.textContent = text;
}
