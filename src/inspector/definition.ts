/** A definition is all that a page needs to draw one kind of machine and to name what its actors do. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { DefinedTransition, Definition } from './messages.ts';
import { idOf, idsOf, labelOf, toMermaid, transitionsOf, withDescendants } from './statechart.ts';

/** @param id what actors name it by. @returns all of it but the chart, which is to be drawn. */
export function defineMachine(machine: AnyStateMachine, id: string): Definition {
  const ids = idsOf(machine.root);
  const nodes = [...withDescendants(machine.root)];
  const states = Object.fromEntries(nodes.map((node) => [pathOf(node), idOf(node, ids)] as const));
  return {
    type: 'definition',
    id,
    name: machine.id,
    mermaid: toMermaid(machine),
    states,
    transitions: nodes.flatMap((node) =>
      transitionsOf(node).map((transition) => defined(transition, node, states)),
    ),
    config: configText(machine),
  };
}

function defined(
  transition: AnyTransitionDefinition,
  node: AnyStateNode,
  states: Definition['states'],
): DefinedTransition {
  return {
    state: pathOf(node),
    event: transition.eventType,
    label: labelOf(transition, node).replaceAll('<br/>', ' '),
    edges: edgesOf(transition, states),
  };
}

/** @returns the keys of the arrows that a transition follows. */
export function edgesOf(
  { source, target = [] }: AnyTransitionDefinition,
  states: Definition['states'],
): readonly string[] {
  return target.map((state) => `${states[pathOf(source)]}>${states[pathOf(state)]}`);
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.');
}

/** The config as JSON, functions by their names, as the Stately Inspector reads it. */
function configText(machine: AnyStateMachine): string {
  try {
    return stringify(machine.config);
  } catch {
    // Somebody's machine may hold what JSON has no word for.
    return JSON.stringify({ id: machine.id });
  }
}

function stringify(config: object): string {
  const within: unknown[] = [];
  return JSON.stringify(config, function replace(this: unknown, _key, value: unknown) {
    if (typeof value === 'function') return { type: value.name };
    if (typeof value !== 'object' || value === null) return value;
    // Whoever calls us is on the way from the root: what is not, has been left.
    within.splice(within.indexOf(this) + 1);
    if (within.includes(value)) return '[Circular]';
    within.push(value);
    return 'transition' in value && 'getInitialSnapshot' in value ? { type: 'actor' } : value;
  });
}
