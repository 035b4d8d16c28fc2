/** What happened to one actor, step by step: as the records have it. */
import type { Actor, InspectorRecord, Step } from '../../../inspector/messages.ts';
import { innermostStates } from '../../../state-value.ts';

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
