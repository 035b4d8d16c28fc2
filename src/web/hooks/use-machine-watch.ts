/** Where a room's machine is now, and the transitions that brought it there. */
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { Room } from '../../client/index.ts';
import { activePaths, eventWords } from '../model/chart.ts';

export interface Step {
  /** Grows with each, so that the same step twice flashes twice. */
  readonly count: number;
  readonly event: string;
  /** The states that were entered. */
  readonly entered: readonly string[];
  readonly left: readonly string[];
}

export interface Watched {
  readonly active: readonly string[];
  /** The last ones since one looks, the newest first. */
  readonly steps: readonly Step[];
}

const stepsKept = 5;

export function useMachineWatch({ actor }: Room): Watched {
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const watch = useCallback(
    (changed: () => void) => {
      const watching = actor.subscribe(changed);
      return () => watching.unsubscribe();
    },
    [actor],
  );
  const { value } = useSyncExternalStore(watch, () => actor.getSnapshot());
  useEffect(() => {
    let active = activePaths(actor.getSnapshot().value);
    const watching = actor.system.inspect((inspected) => {
      if (inspected.type !== '@xstate.snapshot' || inspected.actorRef !== actor) return;
      const now = activePaths(actor.getSnapshot().value);
      const entered = now.filter((path) => !active.includes(path));
      const left = active.filter((path) => !now.includes(path));
      active = now;
      if (entered.length + left.length === 0) return;
      const event = eventWords(inspected.event.type);
      setSteps((before) => {
        const step = { count: (before[0]?.count ?? 0) + 1, event, entered, left };
        return [step, ...before].slice(0, stepsKept);
      });
    });
    return () => watching.unsubscribe();
  }, [actor]);
  return { active: activePaths(value), steps };
}
