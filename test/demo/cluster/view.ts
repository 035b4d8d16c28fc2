/** The view is how the cluster is, as lines for a terminal of some size. */
import { stripVTControlCharacters } from 'node:util';
import type { Paint } from '../../../src/terminal/text.ts';
import type { Totals } from './audience.ts';
import type { RedisState } from './cluster.ts';
import type { NodeState } from './node.ts';

export interface NodeView {
  readonly name: string;
  readonly state: NodeState;
  readonly pid: number | undefined;
  readonly connections: number;
  readonly messagesPerSecond: number;
  readonly broker: string;
}

export interface ClusterView {
  readonly seconds: number;
  readonly nodes: readonly NodeView[];
  readonly redis: { readonly state: RedisState; readonly pid: number | undefined };
  readonly members: number;
  readonly open: number;
  readonly totals: Totals;
  /** Messages heard in each second, the newest last. */
  readonly perSecond: readonly number[];
  /** What has happened, the newest last. */
  readonly events: readonly string[];
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const bars = '▁▂▃▄▅▆▇█';

/** @returns numbers as a row of bars, as high as they are beside the highest. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(1, ...shown);
  return shown.map((value) => bars[Math.ceil((value / most) * (bars.length - 1))]).join('');
}

const colours = {
  up: 'green',
  ready: 'green',
  starting: 'yellow',
  draining: 'yellow',
  connecting: 'yellow',
  stopped: 'yellow',
  stopping: 'yellow',
  degraded: 'red',
  dead: 'red',
} as const;

type Coloured = keyof typeof colours;

const help =
  '1 2 3 kill or start · d 1 2 3 (or shift) drain · r kill or start Redis · s stop or continue it · q quit';

/** @returns the lines of a screen, each no wider and all no more than it has room for. */
export function drawView(view: ClusterView, { columns, rows }: Size, paint: Paint): string[] {
  const head = [
    `${paint('bold', 'hubbub')} · ${view.nodes.length} servers on one Redis · ${view.open} of ${view.members} members · ${clock(view.seconds)}`,
    '',
    ...nodeLines(view, paint),
    '',
    ...totalLines(view.totals, paint),
    '',
    `${paint('dim', 'heard/s')} ${paint('cyan', sparkline(view.perSecond, Math.max(10, columns - 16)))} ${view.perSecond.at(-1) ?? 0}`,
    '',
  ];
  const room = Math.max(0, rows - head.length - 1);
  const events = view.events.slice(-room);
  const padding = Array.from({ length: room - events.length }, () => '');
  const lines = [...head, ...events, ...padding].slice(0, Math.max(0, rows - 1));
  return [...lines, paint('dim', help)].map((line) => fitted(line, columns));
}

function nodeLines({ nodes, redis }: ClusterView, paint: Paint): string[] {
  const state = (name: string, width: number) => {
    const padded = name.padEnd(width);
    return name in colours ? paint(colours[name as Coloured], padded) : padded;
  };
  return [
    paint('dim', '         state       pid  connections  messages/s  broker'),
    ...nodes.map((node) =>
      [
        node.name.padEnd(7),
        state(node.state, 8),
        String(node.pid ?? '–').padStart(6),
        String(node.connections).padStart(11),
        String(node.messagesPerSecond).padStart(10),
        state(node.broker || '–', 10),
      ].join('  '),
    ),
    ['Redis'.padEnd(7), state(redis.state, 8), String(redis.pid ?? '–').padStart(6)].join('  '),
  ];
}

function totalLines(totals: Totals, paint: Paint): string[] {
  const wrong = (count: number) => (count > 0 ? paint('red', String(count)) : paint('green', '0'));
  return [
    `said ${totals.said} · acked ${totals.acked} · delivered ${totals.delivered} of ${totals.due}`,
    `missing ${wrong(totals.missing)} · duplicated ${wrong(totals.duplicated)} · out of order ${wrong(totals.outOfOrder)} · gaps told ${totals.gaps}`,
  ];
}

export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** Cuts a line that is too wide; one that is loses its colours. */
function fitted(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? line : plain.slice(0, columns);
}
