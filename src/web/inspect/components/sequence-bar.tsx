/** The bar above the sequence: pause, what is shown and what is not, and the way out of the page. */
import type { RefObject } from 'react';
import { Icon } from '../../components/icon.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import { fullNameOf, type Cast } from '../model/cast.ts';
import { choice, choose, held } from '../model/sequence-reading.ts';
import type { Sequence, SequenceWish } from '../model/sequence.ts';
import type { View } from '../model/session.ts';
import { countWords } from '../model/words.ts';
import { ExportMenu } from './export-menu.tsx';
import { LifelineMenu } from './lifeline-menu.tsx';
import { TypeMenu } from './type-menu.tsx';

interface SequenceBarProps {
  readonly search: RefObject<HTMLInputElement | null>;
  /** As it is now, paused or not. */
  readonly view: View;
  readonly cast: Cast;
  readonly wish: SequenceWish;
  readonly sequence: Sequence;
  /** How many rows came since it was paused. */
  readonly missed: number;
  readonly title: string;
}

export function SequenceBar({ search, view, cast, wish, sequence, missed, title }: SequenceBarProps) {
  const { text } = useSignal(choice);
  const { shown, total } = sequence;
  return (
    <div className="sequence-bar">
      <PauseButton view={view} missed={missed} />
      <LifelineMenu cast={cast} wish={wish} ofOthers={sequence.ofOthers} />
      <TypeMenu types={sequence.types} hidden={wish.hidden} />
      <select
        aria-label="Only with this actor"
        value={wish.actor ?? ''}
        onChange={({ target }) => choose({ actor: target.value === '' ? undefined : target.value })}
      >
        <option value="">With anyone</option>
        {wish.lifelines.map((id) => (
          <option key={id} value={id}>
            With {fullNameOf(cast, id)}
          </option>
        ))}
      </select>
      <input
        ref={search}
        type="search"
        aria-label="Search the sequence"
        placeholder="Search in all of it  ( / )"
        value={text}
        onChange={({ target }) => choose({ text: target.value })}
        onKeyDown={({ key, currentTarget }) => {
          if (key !== 'Escape') return;
          choose({ text: '' });
          currentTarget.blur();
        }}
      />
      <span className="count" role="status">
        {shown.length === total ? countWords(total) : `${countWords(shown.length)} of ${countWords(total)}`}
      </span>
      <ExportMenu cast={cast} wish={wish} sequence={sequence} title={title} />
    </div>
  );
}

function PauseButton({ view, missed }: { readonly view: View; readonly missed: number }) {
  const isPaused = useSignal(held) !== undefined;
  return (
    <button
      type="button"
      className="pause"
      data-paused={isPaused}
      aria-label={isPaused ? `Resume the sequence, ${missed} new` : 'Pause the sequence'}
      title={isPaused ? 'Resume' : 'Pause: what comes meanwhile is counted'}
      onClick={() => held.set(isPaused ? undefined : view)}
    >
      <Icon name={isPaused ? 'play' : 'pause'} />
      {isPaused && <span>{countWords(missed)} new</span>}
    </button>
  );
}
