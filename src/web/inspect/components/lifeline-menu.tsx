/** The menu of lifelines: search an actor to add it, and whether arrows of those that are not chosen are shown. */
import { useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import { castMatching, fullNameOf, type Cast } from '../model/cast.ts';
import { lifelines, pickLifelines } from '../model/selection.ts';
import { choose } from '../model/sequence-reading.ts';
import type { SequenceWish } from '../model/sequence.ts';
import { countWords } from '../model/words.ts';
import { Menu } from './menu.tsx';

interface LifelineMenuProps {
  readonly cast: Cast;
  readonly wish: SequenceWish;
  readonly ofOthers: number;
}

const listedMost = 30;

export function LifelineMenu({ cast, wish, ofOthers }: LifelineMenuProps) {
  const picked = useSignal(lifelines);
  return (
    <Menu
      label={
        <>
          <Icon name="plus" /> Lifelines
        </>
      }
      title="Lifelines"
      isWide
    >
      <Adder cast={cast} chosen={wish.lifelines} />
      <label>
        <input
          type="checkbox"
          checked={wish.showsOthers}
          onChange={({ target }) => choose({ showsOthers: target.checked })}
        />
        Arrows of others, from the edge
        {!wish.showsOthers && <span className="count">{countWords(ofOthers)}</span>}
      </label>
      <button
        type="button"
        disabled={picked === undefined}
        onClick={() => {
          choose({ showsOthers: undefined });
          pickLifelines(undefined);
        }}
      >
        Follow the selected actor
      </button>
    </Menu>
  );
}

function Adder({ cast, chosen }: { readonly cast: Cast; readonly chosen: readonly string[] }) {
  const [query, setQuery] = useState('');
  const found = castMatching(cast, query, chosen, listedMost);
  return (
    <>
      <input
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- it is what one opened the menu for
        autoFocus
        type="search"
        aria-label="Search an actor to add"
        placeholder="Add a lifeline: name, room …"
        value={query}
        onChange={({ target }) => setQuery(target.value)}
        onKeyDown={({ key }) => {
          const [first] = found;
          if (key === 'Enter' && first !== undefined) pickLifelines([...chosen, first.id]);
        }}
      />
      {found.length === 0 ? (
        <p className="hint">{query === '' ? 'All are chosen.' : 'No actor has that in its name or room.'}</p>
      ) : (
        <ul className="adder">
          {found.map(({ id, type, connection }) => (
            <li key={id}>
              <button
                type="button"
                // The button goes with the click, and the focus must not.
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => pickLifelines([...chosen, id])}
              >
                <span className="visually-hidden">Add </span>
                {fullNameOf(cast, id)}
                <span className="hint">{connection?.room ?? type}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
