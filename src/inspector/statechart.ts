/**
 * Statechart is an XState machine as Mermaid text (`stateDiagram-v2`), drawn from the machine that runs, so that
 * it cannot be out of date.
 *
 * Mermaid gives the regions of a parallel state no names, and not every renderer knows its `--`, so each region
 * is a composite state inside the parallel one. A transition without a target changes no state and is not drawn;
 * nor are actions.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** Mermaid's sign for where a composite state starts and ends. */
const pseudoState = '[*]';

/** All transitions from one state to another, drawn as one arrow. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly labels: string[];
  /** The composite state inside which it is written. */
  readonly owner: AnyStateNode;
}

type Ids = ReadonlyMap<AnyStateNode, string>;

/**
 * Draws a machine, its states and transitions in the order in which they are declared.
 *
 * All transitions from one state to another are one arrow, with a line for each event. A state's id in the text
 * is its path: `open.heartbeat.alive` is `open_heartbeat_alive`.
 */
export function toMermaid(machine: AnyStateMachine): string {
  const { root } = machine;
  const ids = idsOf(root);
  const arrows = arrowsOf(root, ids);
  const states =
    root.type === 'parallel'
      ? stateLines(root, ids, arrows)
      : Object.values(root.states).flatMap((node) => stateLines(node, ids, arrows));
  if (root.type !== 'parallel' && arrows.some(({ from }) => from === idOf(root, ids))) {
    // The machine's own transitions leave from wherever it is, and it has no box to draw them from.
    states.push(`state "any state" as ${idOf(root, ids)}`);
  }
  // What crosses a border stands last, when Mermaid has been told which states are inside which.
  const lines = [...states, ...arrowLines(root, arrows)];
  return `stateDiagram-v2\n${indent(lines).join('\n')}\n`;
}

function stateLines(node: AnyStateNode, ids: Ids, arrows: readonly Arrow[]): string[] {
  const children = Object.values(node.states);
  if (children.length === 0) return [`state "${leafLabel(node)}" as ${idOf(node, ids)}`];
  const inside = children.flatMap((child) => stateLines(child, ids, arrows));
  // The machine's own arrows are written by toMermaid, outside of all boxes.
  if (node.parent !== undefined) inside.push(...arrowLines(node, arrows));
  return [`state "${boxLabel(node)}" as ${idOf(node, ids)} {`, ...indent(inside), '}'];
}

function arrowLines(owner: AnyStateNode, arrows: readonly Arrow[]): string[] {
  return arrows
    .filter((arrow) => arrow.owner === owner)
    .map(({ from, to, labels }) => {
      const label = labels.length === 0 ? '' : ` : ${labels.join('<br/>')}`;
      return `${from} --> ${to}${label}`;
    });
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

// States

function leafLabel(node: AnyStateNode): string {
  if (node.type === 'history') return node.history === 'deep' ? 'H*' : 'H';
  return [node.key, ...actorsOf(node)].map(plain).join('<br/>');
}

/** One line, because it is drawn as the title bar of the box. */
function boxLabel(node: AnyStateNode): string {
  const name = node.type === 'parallel' ? `${node.key} (parallel)` : node.key;
  return [name, ...actorsOf(node)].map(plain).join(' · ');
}

/** In words, the actors that the state starts when it is entered and stops when it is left. */
function actorsOf(node: AnyStateNode): string[] {
  const names = node.invoke.map(({ id, src }, index) => actorName(node, index, id, src));
  return names.length === 0 ? [] : [`runs ${names.join(', ')}`];
}

/** An invoked actor's id, or its source where the machine gives no id: XState makes up what is not given. */
function actorName(node: AnyStateNode, index: number, id: string, source: unknown): string {
  const madeUp = `${index}.${node.id}`;
  if (id !== madeUp) return id;
  return typeof source === 'string' && source !== `xstate.invoke.${madeUp}` ? source : 'an actor';
}

/** Words of Mermaid's own, which no state may have as its id. */
const reservedIds = /^(?:state|note|end|class|classdef|style|default|direction|hide|scale|root)$/i;

/** An id for each state: its path in letters, digits and `_`, lengthened where two would be the same. */
export function idsOf(root: AnyStateNode): Ids {
  const ids = new Map<AnyStateNode, string>();
  const taken = new Set<string>();
  // From the last to the first, so that no state has to yield its id to the machine that it is in.
  for (const node of [...withDescendants(root)].toReversed()) {
    const path = node === root ? node.key : node.path.join('_');
    let id = path.replaceAll(/[^\w\p{L}]/gu, '_');
    while (taken.has(id) || reservedIds.test(id)) id += '_';
    taken.add(id);
    ids.set(node, id);
  }
  return ids;
}

/** A state and all states inside it, each before those inside it. */
export function* withDescendants(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* withDescendants(child);
}

// Transitions

function arrowsOf(root: AnyStateNode, ids: Ids): Arrow[] {
  const nodes = [...withDescendants(root)];
  return fold(nodes.flatMap((node) => startOf(node, ids).concat(leavingFrom(node, ids), endOf(node, ids))));
}

/** Makes one arrow of those that have both ends in common. */
function fold(arrows: readonly Arrow[]): Arrow[] {
  const folded = new Map<string, Arrow>();
  for (const arrow of arrows) {
    const key = [arrow.owner.id, arrow.from, arrow.to].join(' ');
    const same = folded.get(key);
    if (same === undefined) folded.set(key, arrow);
    else same.labels.push(...arrow.labels);
  }
  return [...folded.values()];
}

function startOf(node: AnyStateNode, ids: Ids): Arrow[] {
  if (node.type !== 'compound') return [];
  // The machine has no box whose title could say what it runs.
  const labels = node.parent === undefined ? actorsOf(node).map(plain) : [];
  return node.initial.target.map((target) => ({
    from: pseudoState,
    to: idOf(target, ids),
    labels: [...labels],
    owner: node,
  }));
}

function endOf(node: AnyStateNode, ids: Ids): Arrow[] {
  if (node.type !== 'final' || node.parent === undefined) return [];
  return [{ from: idOf(node, ids), to: pseudoState, labels: [], owner: node.parent }];
}

function leavingFrom(node: AnyStateNode, ids: Ids): Arrow[] {
  return transitionsOf(node).flatMap((transition) =>
    (transition.target ?? []).map((target) => ({
      from: idOf(node, ids),
      to: idOf(target, ids),
      labels: [labelOf(transition, node)],
      owner: target.parent !== undefined && target.parent === node.parent ? node.parent : node.machine.root,
    })),
  );
}

export function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

/** The event in words, and its guard in brackets, on a line of its own where both would be long. */
export function labelOf(transition: AnyTransitionDefinition, node: AnyStateNode): string {
  const event = plain(eventName(transition, node));
  const condition = conditionOf(transition, node);
  if (condition === undefined) return event;
  const guard = `[${plain(condition)}]`;
  return event.length + guard.length < maxLineLength ? `${event} ${guard}` : `${event}<br/>${guard}`;
}

const maxLineLength = 28;

function conditionOf(transition: AnyTransitionDefinition, node: AnyStateNode): string | undefined {
  if (transition.guard !== undefined) return guardName(transition.guard);
  const rivals = transitionsOf(node).filter(({ eventType }) => eventType === transition.eventType);
  return rivals.indexOf(transition) > 0 ? 'else' : undefined;
}

/** What XState calls `xstate.after.…`, `xstate.done.…` and so on, in words; any other event by its own name. */
function eventName(transition: AnyTransitionDefinition, node: AnyStateNode): string {
  const { eventType } = transition;
  if (eventType === '') return 'always';
  if (eventType === '*') return 'any event';
  if (eventType === 'xstate.done.actor.*') return 'an actor done';
  if (eventType === `xstate.done.state.${node.id}`) return 'done';
  const delay = node.after.find((delayed) => delayed.eventType === eventType)?.delay;
  if (delay !== undefined) return typeof delay === 'number' ? `after ${delay} ms` : `after ${String(delay)}`;
  for (const [index, { id, src }] of node.invoke.entries()) {
    const name = actorName(node, index, id, src);
    if (eventType === `xstate.done.actor.${id}`) return `${name} done`;
    if (eventType === `xstate.error.actor.${id}`) return `${name} failed`;
    if (eventType === `xstate.snapshot.${id}`) return `${name} changed`;
  }
  return eventType;
}

/** A guard by its name, and those made of others in words. What has no name is an ellipsis. */
function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return String(guard.type);
  if (typeof guard !== 'function') return '…';
  if ('stateValue' in guard) return `in ${pathOf(guard.stateValue)}`;
  if ('guards' in guard && Array.isArray(guard.guards)) return compoundName(guard.name, guard.guards);
  // A function written in place is called after the property that it is the value of.
  return guard.name === '' || guard.name === 'guard' ? '…' : guard.name;
}

function compoundName(operator: string, guards: readonly unknown[]): string {
  const names = guards.map((guard) => {
    const name = guardName(guard);
    return / (?:and|or) /.test(name) ? `(${name})` : name;
  });
  return operator === 'not' ? `not ${names.join(' ')}` : names.join(` ${operator} `);
}

/** A state value with one state at each level, as a path. */
function pathOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key}.${pathOf(inner)}`)
    .join(', ');
}

export function idOf(node: AnyStateNode, ids: Ids): string {
  const id = ids.get(node);
  if (id === undefined) throw new Error(`state ${node.id} is of another machine`);
  return id;
}

/** Text without what Mermaid would read as its own: the end of a label, of a line, or the start of a tag. */
function plain(text: string): string {
  return text.replaceAll('"', "'").replaceAll(';', ',').replaceAll('<', '‹').replaceAll(/\s+/g, ' ');
}
