/** A sequence as a picture that stands by itself: with its own colours and letters, and nothing from elsewhere. */
import type { LifelineHead } from './cast.ts';
import { drawLives, drawRow, lanesOf, rowHeight, shortened, type Shape } from './sequence-drawing.ts';
import type { Sequence } from './sequence.ts';
import { clockWords } from './words.ts';

export interface SvgOptions {
  readonly title: string;
  /** From left to right. */
  readonly lifelines: readonly LifelineHead[];
  readonly isDark: boolean;
}

const timesWidth = 96;
const lanesWidth = 760;
const margin = 16;
const titleHeight = 34;
const headsHeight = 46;
const headLetters = 18;

interface Palette {
  readonly paper: string;
  readonly raised: string;
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly accent: string;
  readonly accentPaper: string;
  readonly good: string;
  readonly busy: string;
  readonly bad: string;
}

/** As in colours.css: a file has no style sheet to ask. */
const palettes: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    paper: '#ffffff',
    raised: '#f6f6f8',
    text: '#1c1d24',
    dim: '#5e606e',
    line: '#c9c9d4',
    accent: '#4338ca',
    accentPaper: '#ebeafd',
    good: '#15803d',
    busy: '#a14a06',
    bad: '#b91c1c',
  },
  dark: {
    paper: '#17181c',
    raised: '#24262c',
    text: '#e6e6eb',
    dim: '#a2a4b1',
    line: '#45474f',
    accent: '#b4b0ff',
    accentPaper: '#2e2c4c',
    good: '#4ade80',
    busy: '#fbbf24',
    bad: '#fa8a8a',
  },
};

export function sequenceSvg(
  { shown, rowOf, lives }: Sequence,
  { title, lifelines, isDark }: SvgOptions,
): string {
  const lanes = lanesOf(
    lifelines.map(({ id }) => id),
    lanesWidth,
  );
  const top = margin + titleHeight + headsHeight;
  const width = timesWidth + lanes.width + 2 * margin;
  const height = top + (shown.length + 1) * rowHeight + margin;
  const heads = lifelines.flatMap(({ id, name, about }) =>
    drawLifelineHead(name, about, lanes.places.get(id) ?? 0, lanes.laneWidth),
  );
  const body = shown.map(rowOf).map(
    (row, index) =>
      `<g transform="translate(0 ${index * rowHeight})"><title>${escaped(row.words)}</title>${written([
        {
          tag: 'text',
          className: 'time',
          attributes: { x: -timesWidth, y: rowHeight / 2 + 4 },
          text: clockWords(row.at),
        },
        ...drawRow(row, lanes, lives),
      ])}</g>`,
  );
  const last = shown.at(-1)?.seq ?? -1;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${styleOf(palettes[isDark ? 'dark' : 'light'])}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="title" x="${margin}" y="${margin + 14}">${escaped(title)}</text>`,
    `<g transform="translate(${margin + timesWidth} ${margin + titleHeight})">${written(heads)}</g>`,
    `<g transform="translate(${margin + timesWidth} ${top})">`,
    ...body,
    // Those that go on do so below the last row.
    `<g transform="translate(0 ${shown.length * rowHeight})">${written(drawLives(last + 0.5, lanes, lives))}</g>`,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function drawLifelineHead(name: string, about: string, x: number, laneWidth: number): Shape[] {
  const width = laneWidth - 12;
  const middle = headsHeight / 2 - 2;
  const line = (text: string, y: number, className: string): Shape => ({
    tag: 'text',
    className,
    attributes: { x, y, 'text-anchor': 'middle' },
    text: shortened(text, headLetters),
  });
  return [
    {
      tag: 'rect',
      className: 'lifeline',
      attributes: { x: x - width / 2, y: 0, width, height: headsHeight - 4, rx: 6 },
    },
    line(name, middle - 2, 'name'),
    line(about, middle + 13, 'about'),
  ];
}

function written(shapes: readonly Shape[]): string {
  return shapes
    .map(({ tag, className, attributes, text }) => {
      const all = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(String(value))}"`);
      const head = `<${tag} class="${className}"${all.join('')}`;
      return text === undefined ? `${head}/>` : `${head}>${escaped(text)}</${tag}>`;
    })
    .join('');
}

/** What no file of XML may have in it at all is left out: people's names may have anything. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;');
}

function styleOf({ paper, raised, text, dim, line, accent, accentPaper, good, busy, bad }: Palette): string {
  const tones = { event: text, timer: busy, channel: accent, held: bad, delivery: good, life: dim };
  return `
svg{font:11px system-ui,sans-serif}
text{fill:${text}}
.paper{fill:${paper}}
.title{font-size:14px;font-weight:600}
.time,.about{fill:${dim}}
.name{font-size:12px;font-weight:600}
.lifeline{fill:${raised};stroke:${line}}
.life{stroke:${line}}
.arrow,.head{fill:none;stroke-width:1.25}
.label{paint-order:stroke;stroke:${paper};stroke-width:3px}
.clock{fill:${paper};stroke:${busy}}
path.clock{fill:none}
.cross{stroke:${bad};stroke-width:2}
.note{fill:${accentPaper};stroke:${accent}}
.note.ignored,.note.life{fill:${paper};stroke:${dim};stroke-dasharray:3 2}
.said.ignored,.said.life{fill:${dim}}
.arrow.life{stroke-dasharray:4 3}
${Object.entries(tones)
  .map(
    ([tone, colour]) =>
      `.arrow.${tone},.head.${tone}{stroke:${colour}}.head.${tone}:not(.open),.origin.${tone},.label.${tone}{fill:${colour}}`,
  )
  .join('\n')}
`;
}
