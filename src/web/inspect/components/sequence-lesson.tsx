/** What one could do next where the sequence has nothing to show. */
import { useSignal } from '../../hooks/use-signal.ts';
import { lifelines } from '../model/selection.ts';
import { choose, clearFilters, isFiltering } from '../model/sequence-reading.ts';
import type { Sequence, SequenceWish } from '../model/sequence.ts';
import type { Session } from '../model/session.ts';
import { countWords } from '../model/words.ts';

interface SequenceLessonProps {
  readonly session: Session;
  readonly wish: SequenceWish;
  readonly sequence: Sequence;
}

export function SequenceLesson({ session, wish, sequence }: SequenceLessonProps) {
  const hello = useSignal(session.hello);
  const { shown, total, ofOthers } = sequence;
  const isPicked = useSignal(lifelines) !== undefined;
  if (shown.length > 0) return null;
  if (wish.lifelines.length === 0) {
    return <p className="lesson">There is nobody to draw a lifeline for.</p>;
  }
  if (total > 0 && isFiltering(wish)) {
    return (
      <div className="lesson">
        <p>None of the {countWords(total)} rows is left by what you filter.</p>
        <button type="button" onClick={clearFilters}>
          Clear the filters
        </button>
      </div>
    );
  }
  return (
    <div className="lesson">
      <p>
        {hello?.mode === 'live'
          ? 'Nothing has passed between these since they are watched.'
          : 'Nothing that was recorded passed between these.'}{' '}
        Each event, channel operation and batch will be an arrow, from whom it came to whom it went; each
        change of state a note; what comes from no actor comes from the left edge.
      </p>
      {ofOthers > 0 && (
        <button type="button" onClick={() => choose({ showsOthers: true })}>
          Show {countWords(ofOthers)} from and to others
        </button>
      )}
      {hello?.hasLab === true && !isPicked && (
        <p>
          For something to see, say something in the <a href="../">chat</a>, or add a client in the lab and
          press “What happened?”.
        </p>
      )}
    </div>
  );
}
