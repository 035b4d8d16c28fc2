/** The pane of the sequence: lifelines of chosen actors, and what passed between them in the order in which it happened. */
import { useDeferredValue, useMemo, useRef } from 'react';
import { useSignal } from '../../hooks/use-signal.ts';
import { useSlash } from '../hooks/use-slash.ts';
import { castOf, usualLifelines, type Cast } from '../model/cast.ts';
import { lifelines, selection } from '../model/selection.ts';
import { choice, cursor, held, storyWish, type SequenceChoice } from '../model/sequence-reading.ts';
import { countAfter, sequenceOf, type Sequence, type SequenceWish } from '../model/sequence.ts';
import type { Session, View } from '../model/session.ts';
import { LostStory } from './lost-story.tsx';
import { SequenceBar } from './sequence-bar.tsx';
import { SequenceDetails } from './sequence-details.tsx';
import { SequenceGrid } from './sequence-grid.tsx';

export function SequencePane({ session, view }: { readonly session: Session; readonly view: View }) {
  const chosen = useSignal(choice);
  const picked = useSignal(lifelines);
  const selected = useSignal(selection);
  const wish = useSignal(storyWish);
  const paused = useSignal(held);
  const at = useSignal(cursor);
  const shown = useDeferredValue(paused ?? view);
  const cast = useMemo(() => castOf(shown), [shown]);
  const wished = useMemo(() => wishOf(chosen, picked, cast, selected), [chosen, picked, cast, selected]);
  // What one chooses is seen at once where one chooses it; the rows may take a little longer.
  const wanted = useDeferredValue(wished);
  const sequence = useMemo(() => sequenceOf(shown.records, cast, wanted), [shown, cast, wanted]);
  const missed = useMissed(paused, view, wanted);
  const search = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  useSlash(() => search.current?.focus());

  const isLost = wish !== undefined && wish.selected === selected && !isTold(sequence, cast, wish.connection);
  if (isLost) return <LostStory key={wish.connection} session={session} wish={wish} />;
  const record = at?.isOpen === true ? sequence.shown.find(({ seq }) => seq === at.seq) : undefined;
  return (
    <section className="sequence" aria-label="Sequence">
      <SequenceBar
        search={search}
        view={view}
        cast={cast}
        wish={wished}
        sequence={sequence}
        missed={missed}
        title={session.hello.value?.title ?? 'a system'}
      />
      <SequenceGrid grid={grid} session={session} cast={cast} wish={wanted} sequence={sequence} />
      {record !== undefined && (
        <SequenceDetails
          view={shown}
          cast={cast}
          lifelines={wanted.lifelines}
          row={sequence.rowOf(record)}
          onClose={() => grid.current?.focus()}
        />
      )}
    </section>
  );
}

function wishOf(
  chosen: SequenceChoice,
  picked: readonly string[] | undefined,
  cast: Cast,
  selected: string | undefined,
): SequenceWish {
  const known = picked?.filter((id) => cast.has(id)) ?? [];
  // After the server came back as another, those of before are nobody.
  const drawn = known.length > 0 ? known : usualLifelines(cast, selected);
  const isOfOne = drawn.some((id) => cast.get(id)?.type === 'connection');
  const actor = chosen.actor !== undefined && drawn.includes(chosen.actor) ? chosen.actor : undefined;
  return { ...chosen, lifelines: drawn, actor, showsOthers: chosen.showsOthers ?? !isOfOne };
}

/** How many rows came since it was paused. */
function useMissed(paused: View | undefined, view: View, wish: SequenceWish): number {
  return useMemo(() => {
    if (paused === undefined) return 0;
    const { shown } = sequenceOf(view.records, castOf(view), wish);
    return countAfter(shown, paused.records.at(-1)?.seq ?? -1);
  }, [paused, view, wish]);
}

/** Whether there is any record of a connection. */
function isTold({ total }: Sequence, cast: Cast, connection: string): boolean {
  return total > 0 && [...cast.values()].some((actor) => actor.connection?.id === connection);
}
