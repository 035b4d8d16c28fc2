/** What happened to one actor, step by step: as the records have it. */
import type { Actor, InspectorRecord, Step } from '../../../inspector/messages.ts';
import { assertNever } from '../../../assert.ts';
import { innermostStates } from '../../../state-value.ts';
import { eventWords } from './words.ts';

const stepsShown = 50;

/** @returns the last steps, the oldest first. */
export function stepsOf(records: readonly InspectorRecord[], { id }: Actor): Step[] {
  const steps: Step[] = [];
  for (let index = records.length - 1; index >= 0 && steps.length < stepsShown; index -= 1) {
    const record = records[index];
    const step = record && stepOf(record, id);
    if (step !== undefined) steps.push(step);
  }
  return steps.toReversed();
}

/** Whether a record is something that happened to an actor: what its story tells, and what passed by it. */
export function isEventOf(record: InspectorRecord, { id, machine }: Actor): boolean {
  if (stepOf(record, id) !== undefined) return true;
  switch (record.kind) {
    // What only a machine tells twice.
    case 'event':
      return machine === undefined && record.to === id;
    case 'channel':
      return record.to === id;
    case 'delivery':
      return record.from === id;
    case 'spawn':
    case 'transition':
    case 'stop':
    case 'gauges':
      return false;
    default:
      return assertNever(record);
  }
}

/** What a record is of, in words: the actor's id where that is known, and what happened. */
export function recordWords(record: InspectorRecord): { readonly actor?: string; readonly words: string } {
  switch (record.kind) {
    case 'spawn':
      return { actor: record.actor.id, words: 'spawned' };
    case 'event':
      return { actor: record.to, words: `is sent ${eventWords(record.type)}` };
    case 'transition':
      return { actor: record.actor, words: `${eventWords(record.type)}${record.ignored ? ', ignored' : ''}` };
    case 'stop':
      return { actor: record.actor, words: record.status };
    case 'channel':
      return {
        ...(record.from === undefined ? {} : { actor: record.from }),
        words: `${record.channel} ${record.what}`,
      };
    case 'delivery':
      return { actor: record.to, words: `${record.messages} delivered` };
    case 'gauges':
      return { words: 'measured' };
    default:
      return assertNever(record);
  }
}

function stepOf(record: InspectorRecord, id: string): Step | undefined {
  const { at, kind } = record;
  switch (kind) {
    case 'transition':
      if (record.actor !== id) return undefined;
      return {
        at,
        event: record.type,
        ...(record.value === undefined || record.edges.length === 0
          ? {}
          : { state: innermostStates(record.value).join(' · ') }),
      };
    case 'delivery':
      if (record.to !== id) return undefined;
      return { at, event: `${record.messages} delivered: ${Object.keys(record.types).join(', ')}` };
    case 'channel':
      return record.from === id ? { at, event: `${record.channel} ${record.what}` } : undefined;
    case 'stop':
      return record.actor === id ? { at, event: record.status } : undefined;
    case 'spawn':
      return record.actor.id === id ? { at, event: 'spawned' } : undefined;
    // The transition that it caused tells the same.
    case 'event':
    case 'gauges':
      return undefined;
  }
}
