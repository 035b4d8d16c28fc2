/**
 * A chart is an XState machine laid out for a small drawing: its states as boxes below and inside one another, and its
 * transitions as arcs beside them. It is made from the machine that runs, so that it cannot be out of date.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

export interface Box {
  /** Its path, such as `open.heartbeat.alive`. */
  readonly id: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly kind: 'leaf' | 'group' | 'region' | 'final';
}

export interface Arc {
  readonly from: string;
  readonly to: string;
  /** The events that lead there, in words. */
  readonly events: readonly string[];
  /** Its line, as the `d` of an SVG path. */
  readonly line: string;
}

export interface Chart {
  readonly boxes: readonly Box[];
  readonly arcs: readonly Arc[];
  /** Where it begins: arcs on the left stand before the boxes. */
  readonly x: number;
  readonly width: number;
  readonly height: number;
}

const leafHeight = 24;
const titleHeight = 20;
const space = 6;
/** Between states of one group, whose transitions are drawn there. */
const siblingSpace = 15;
const boxWidth = 190;
const laneWidth = 9;
const bendRadius = 5;

export function chartOf(machine: AnyStateMachine): Chart {
  const boxes: Box[] = [];
  let y = 1;
  for (const node of Object.values(machine.root.states)) y = place(node, 0, y, boxWidth, boxes) + space;
  const { arcs, left, right } = route(linksOf(machine.root), new Map(boxes.map((box) => [box.id, box])));
  return { boxes, arcs, x: -left - 1, width: boxWidth + left + right + 2, height: y - space + 2 };
}

/** @returns the paths of the states that are active, and of those around them. */
export function activePaths(value: unknown, around = ''): string[] {
  if (typeof value === 'string') return [around + value];
  if (typeof value !== 'object' || value === null) return [];
  const paths: string[] = [];
  for (const [name, inner] of Object.entries(value)) {
    paths.push(around + name, ...activePaths(inner, `${around}${name}.`));
  }
  return paths;
}

/** Puts a state's box, and those inside it, below what is there. @returns where it ends. */
function place(node: AnyStateNode, x: number, y: number, width: number, boxes: Box[]): number {
  const children = Object.values(node.states);
  const box = { id: idOf(node), name: node.key, x, y, width };
  if (children.length === 0) {
    boxes.push({ ...box, height: leafHeight, kind: node.type === 'final' ? 'final' : 'leaf' });
    return y + leafHeight;
  }
  const at = boxes.length;
  let end = y + titleHeight;
  if (node.type === 'parallel') {
    // Regions stand side by side: one is in all of them at once.
    const regionWidth = (width - space * (children.length + 1)) / children.length;
    const ends = children.map((child, index) =>
      place(child, x + space + index * (regionWidth + space), y + titleHeight, regionWidth, boxes),
    );
    end = Math.max(...ends) + space;
  } else {
    for (const child of children) end = place(child, x + space, end, width - 2 * space, boxes) + siblingSpace;
    end += space - siblingSpace;
  }
  const kind = node.parent?.type === 'parallel' ? 'region' : 'group';
  boxes.splice(at, 0, { ...box, height: end - y, kind });
  return end;
}

function idOf(node: AnyStateNode): string {
  return node.path.join('.');
}

interface Link {
  readonly from: string;
  readonly to: string;
  readonly events: string[];
}

/** All transitions from one state to another are one link; one that stays where it is has none. */
function linksOf(root: AnyStateNode): Link[] {
  const links = new Map<string, Link>();
  const visit = (node: AnyStateNode): void => {
    for (const transition of [...node.transitions.values()].flat()) {
      for (const target of transition.target ?? []) {
        const [from, to] = [idOf(node), idOf(target)];
        // The machine's own transitions leave from everywhere, and would hide all others.
        if (from === to || node === root) continue;
        const link = links.get(`${from} ${to}`) ?? { from, to, events: [] };
        links.set(`${from} ${to}`, link);
        const event = eventWords(transition.eventType);
        if (!link.events.includes(event)) link.events.push(event);
      }
    }
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(root);
  return [...links.values()];
}

/** What XState calls `xstate.after.pongWait.room.open` is `after pongWait`. */
export function eventWords(eventType: string): string {
  const [, kind, name] = /^xstate\.(after|done|error)\.([^.]+)/.exec(eventType) ?? [];
  return kind === undefined ? eventType : [kind, name].join(' ');
}

type Lane = { readonly top: number; readonly bottom: number }[];

/** Draws neighbours' arcs between them, and all others beside the boxes: on the side to which nothing is in the way. */
function route(links: readonly Link[], boxes: ReadonlyMap<string, Box>) {
  const lanes = { left: [] as Lane[], right: [] as Lane[] };
  const ports = new Map<string, number>();
  // Arcs that meet at one box do not meet at one point.
  const portOf = ({ id, y, height }: Box, side: string): number => {
    const taken = ports.get(id + side) ?? 0;
    ports.set(id + side, taken + 1);
    return y + Math.min(height, leafHeight) / 2 + (taken % 2 === 0 ? 1 : -1) * Math.ceil(taken / 2) * 4;
  };
  const ends = links.flatMap((link) => {
    const [from, to] = [boxes.get(link.from), boxes.get(link.to)];
    return from === undefined || to === undefined ? [] : [{ link, from, to }];
  });
  const shortestFirst = ends.toSorted((a, b) => Math.abs(a.from.y - a.to.y) - Math.abs(b.from.y - b.to.y));
  const arcs = shortestFirst.map(({ link, from, to }): Arc => {
    const arc = (line: string): Arc => Object.assign(link, { line });
    if (areNeighbours(from, to)) return arc(between(from, to));
    const side = isLeft(from) || isLeft(to) ? 'left' : 'right';
    const [startY, endY] = [portOf(from, side), portOf(to, side)];
    const lane = takeLane(lanes[side], Math.min(startY, endY), Math.max(startY, endY));
    return arc(beside(from, startY, to, endY, side, (lane + 1) * laneWidth));
  });
  return { arcs, left: lanes.left.length * laneWidth, right: lanes.right.length * laneWidth };
}

/** @returns the innermost lane that is free there. */
function takeLane(lanes: Lane[], top: number, bottom: number): number {
  const free = lanes.findIndex((lane) =>
    lane.every((taken) => taken.bottom < top - 2 || taken.top > bottom + 2),
  );
  const lane = free === -1 ? lanes.push([]) - 1 : free;
  lanes[lane]?.push({ top, bottom });
  return lane;
}

function areNeighbours(a: Box, b: Box): boolean {
  const isNested = a.id.includes('.') && parentOf(a) === parentOf(b);
  return isNested && a.x === b.x && Math.abs(a.y - b.y) === leafHeight + siblingSpace;
}

function parentOf({ id }: Box): string {
  return id.slice(0, id.lastIndexOf('.'));
}

/** Whether a box ends so far from the right that others stand beside it there. */
function isLeft({ x, width }: Box): boolean {
  return x + width < boxWidth / 2 + space;
}

function between(from: Box, to: Box): string {
  const isDown = to.y > from.y;
  const x = from.x + from.width * (isDown ? 0.35 : 0.65);
  return isDown ? `M${x} ${from.y + from.height}V${to.y - 1}` : `M${x} ${from.y}V${to.y + to.height + 1}`;
}

function beside(
  from: Box,
  startY: number,
  to: Box,
  endY: number,
  side: 'left' | 'right',
  distance: number,
): string {
  const out = side === 'left' ? -1 : 1;
  const startX = side === 'left' ? from.x : from.x + from.width;
  const endX = (side === 'left' ? to.x : to.x + to.width) + out;
  const x = side === 'left' ? -distance : boxWidth + distance;
  const down = Math.min(bendRadius, Math.abs(endY - startY) / 2) * Math.sign(endY - startY);
  const across = out * bendRadius;
  return (
    `M${startX} ${startY}H${x - across}q${across} 0 ${across} ${down}` +
    `V${endY - down}q0 ${down} ${-across} ${down}H${endX}`
  );
}
