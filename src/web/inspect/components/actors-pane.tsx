/** The pane of all actors: a field to search them, and the table. */
import { useDeferredValue, useMemo, useRef } from 'react';
import { useSignal } from '../../hooks/use-signal.ts';
import { useSlash } from '../hooks/use-slash.ts';
import type { ColumnName } from '../model/columns.ts';
import { rowsOf, tableWish, type Sort, type Wish } from '../model/rows.ts';
import type { Session, View } from '../model/session.ts';
import { ActorsTable } from './actors-table.tsx';

export function ActorsPane({ session, view }: { readonly session: Session; readonly view: View }) {
  const { query, sort, toggled } = useSignal(tableWish);
  const search = useRef<HTMLInputElement>(null);
  const wanted = useDeferredValue(query);
  const rows = useMemo(() => rowsOf(view, { query: wanted, sort, toggled }), [view, wanted, sort, toggled]);
  useSlash(() => search.current?.focus());

  const toggle = (key: string): void => {
    const next = new Set(toggled);
    if (!next.delete(key)) next.add(key);
    change({ toggled: next });
  };

  return (
    <section className="actors" aria-label="Actors">
      <div className="search">
        <input
          ref={search}
          type="search"
          aria-label="Search actors"
          placeholder="Search by name, room, state, transport, address …  ( / )"
          value={query}
          onChange={({ target }) => change({ query: target.value })}
          onKeyDown={({ key, currentTarget }) => {
            if (key !== 'Escape') return;
            change({ query: '' });
            currentTarget.blur();
          }}
        />
      </div>
      <ActorsTable
        session={session}
        view={view}
        rows={rows}
        sort={sort}
        isSearched={wanted.trim() !== ''}
        onSort={(by) => change({ sort: sortedAnew(sort, by) })}
        onToggle={toggle}
      />
    </section>
  );
}

/** The largest first; then the smallest first; then in the order in which they came. */
function sortedAnew(sort: Sort | undefined, by: ColumnName): Sort | undefined {
  if (sort?.by !== by) return { by, isDescending: true };
  return sort.isDescending ? { by, isDescending: false } : undefined;
}

function change(changes: Partial<Wish>): void {
  tableWish.set({ ...tableWish.value, ...changes });
}
