/**
 * Render makes an SVG of Mermaid text: one that needs nothing else and is legible in any viewer, on a light page
 * and on a dark one.
 *
 * The drawing is beautiful-mermaid's. What it would have us read badly or fetch from elsewhere is put right here.
 */
import { renderMermaidSVG } from 'beautiful-mermaid';
import { drawStates } from '../src/inspector/drawing.ts';

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
  const svg = /^sequenceDiagram\s/.test(mermaid) ? drawSequence(mermaid) : drawStates(mermaid);
  return standAlone(svg, title);
}

// Sequence diagrams

function drawSequence(mermaid: string): string {
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
