/** The whole record of a row of the sequence: who, when, and all that it carries. */
import { useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { fullNameOf, type Cast } from '../model/cast.ts';
import { cursor, selectAmong } from '../model/sequence-reading.ts';
import { actorsIn, effectOf, type SequenceRow } from '../model/sequence.ts';
import type { View } from '../model/session.ts';
import { clockWords } from '../model/words.ts';

interface SequenceDetailsProps {
  readonly view: View;
  readonly cast: Cast;
  readonly lifelines: readonly string[];
  readonly row: SequenceRow;
  /** Takes the focus back. */
  readonly onClose: () => void;
}

export function SequenceDetails({ view, cast, lifelines, row, onClose }: SequenceDetailsProps) {
  const { record, words, seq, at } = row;
  const effect = effectOf(view.records, record);
  const json = JSON.stringify(record, null, 2);
  const close = (): void => {
    cursor.set({ seq, isOpen: false });
    onClose();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape anywhere in it closes it
    <section
      id="happening"
      className="happening-details"
      aria-label="Event"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- Enter in the grid takes one here, to scroll by keys
      tabIndex={0}
      onKeyDown={({ key }) => {
        if (key === 'Escape') close();
      }}
    >
      <header>
        <h2>{words}</h2>
        <CopyButton text={json} />
        <button type="button" className="quiet" aria-label="Close the event" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <p className="hint">
        {record.kind} · record {seq} · {clockWords(at)}
        {actorsIn(record).map((id) => (
          <button key={id} type="button" className="who" onClick={() => selectAmong(lifelines, id)}>
            {fullNameOf(cast, id)}
          </button>
        ))}
      </p>
      {effect !== undefined && <p>{effect}</p>}
      <pre>{json}</pre>
    </section>
  );
}

function CopyButton({ text }: { readonly text: string }) {
  const [said, setSaid] = useState('Copy');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('Not allowed here');
    }
  };
  return (
    <button type="button" className="copy" onClick={() => void copy()}>
      {said}
    </button>
  );
}
