/**
 * The table of all actors, as a tree. Only the rows in view are in the document. It has the focus itself, and a cursor
 * among its rows, which the arrow keys move: on an actor's row that selects the actor.
 */
import { useRef, useState, type KeyboardEvent } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useSignal } from '../../hooks/use-signal.ts';
import { useNow } from '../hooks/use-now.ts';
import { columnNames, columns, type ColumnName } from '../model/columns.ts';
import type { Row, Sort } from '../model/rows.ts';
import { select, selection } from '../model/selection.ts';
import type { Session, View } from '../model/session.ts';
import { ActorsRow, rowId } from './actors-row.tsx';

interface ActorsTableProps {
  readonly session: Session;
  readonly view: View;
  readonly rows: readonly Row[];
  readonly sort: Sort | undefined;
  readonly isSearched: boolean;
  readonly onSort: (by: ColumnName) => void;
  readonly onToggle: (key: string) => void;
}

/** As in the style sheet. */
const rowHeightPx = 26;

/** What PageUp and PageDown move by. */
const pageRows = 20;

export function ActorsTable({ session, view, rows, sort, isSearched, onSort, onToggle }: ActorsTableProps) {
  const now = useNow(session, 1_000);
  const selected = useSignal(selection);
  const [cursor, setCursor] = useState(selected);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const at = rows.findIndex(({ key }) => key === cursor);

  const moveTo = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    setCursor(row.key);
    if (row.kind === 'actor') select(row.actor.id);
    list.current?.scrollToIndex(rows.indexOf(row), { align: 'nearest' });
  };

  const pressed = (event: KeyboardEvent): void => {
    const act = actionOf(event.key, rows, at, { moveTo, toggle: onToggle });
    if (act === undefined || event.target !== scroller.current) return;
    event.preventDefault();
    act();
  };

  return (
    <div
      ref={scroller}
      className="table"
      role="treegrid"
      aria-label="Actors"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={at === -1 ? undefined : rowId(cursor ?? '')}
      tabIndex={0}
      onKeyDown={pressed}
    >
      <div className="row head" role="row" aria-rowindex={1}>
        {columnNames.map((name) => (
          <Heading key={name} name={name} sort={sort} onSort={onSort} />
        ))}
      </div>
      <Virtualizer
        ref={list}
        scrollRef={scroller}
        data={rows}
        itemSize={rowHeightPx}
        startMargin={rowHeightPx}
      >
        {(row, index) => (
          <ActorsRow
            key={row.key}
            row={row}
            index={index + 2}
            now={now}
            isSelected={row.key === cursor}
            onSelect={() => moveTo(index)}
            onToggle={() => onToggle(row.key)}
          />
        )}
      </Virtualizer>
      <Lesson session={session} view={view} rows={rows} isSearched={isSearched} />
    </div>
  );
}

interface HeadingProps {
  readonly name: ColumnName;
  readonly sort: Sort | undefined;
  readonly onSort: (by: ColumnName) => void;
}

function Heading({ name, sort, onSort }: HeadingProps) {
  const { title, hint } = columns[name];
  const direction = sort?.by === name ? (sort.isDescending ? 'descending' : 'ascending') : 'none';
  return (
    <div className="cell" role="columnheader" data-column={name} aria-sort={direction} title={hint}>
      <button type="button" className="sorter" onClick={() => onSort(name)}>
        {title}
        {direction !== 'none' && (
          <span className="sort-mark" aria-hidden="true">
            {direction === 'descending' ? '↓' : '↑'}
          </span>
        )}
      </button>
    </div>
  );
}

interface LessonProps {
  readonly session: Session;
  readonly view: View;
  readonly rows: readonly Row[];
  readonly isSearched: boolean;
}

/** What one could do next where there is little to see. */
function Lesson({ session, view: { actors, recordsSeen }, rows, isSearched }: LessonProps) {
  const hello = useSignal(session.hello);
  if (isSearched) return rows.length > 0 ? null : <p className="lesson">No actor has that in its words.</p>;
  if (hello?.mode === 'recording') return actors.size > 0 ? null : <EndOfRecording records={recordsSeen} />;
  if (actors.size === 0)
    return <p className="lesson">No actor has started yet. Each that does will be here.</p>;
  const types = new Set([...actors.values()].map(({ type }) => type));
  if (types.has('connection') || !types.has('hub')) return null;
  return (
    <p className="lesson">
      Nobody is connected. Open the <a href="../">chat</a> in another tab, and watch its connection come: an
      actor of its own, with a reader and a writer below it.
    </p>
  );
}

function EndOfRecording({ records }: { readonly records: number }) {
  return (
    <p className="lesson">
      {records === 0
        ? 'This recording is empty: no actor was there when it began, and nothing happened until it ended.'
        : 'No actor was left when this recording ended. What they did until then is in the sequence.'}
    </p>
  );
}

interface Acts {
  readonly moveTo: (index: number) => void;
  readonly toggle: (key: string) => void;
}

function actionOf(key: string, rows: readonly Row[], at: number, acts: Acts): (() => void) | undefined {
  const row = rows[at];
  switch (key) {
    case 'ArrowDown':
      return () => acts.moveTo(at + 1);
    case 'ArrowUp':
      return () => acts.moveTo(at - 1);
    case 'PageDown':
      return () => acts.moveTo(at + pageRows);
    case 'PageUp':
      return () => acts.moveTo(at - pageRows);
    case 'Home':
      return () => acts.moveTo(0);
    case 'End':
      return () => acts.moveTo(rows.length - 1);
    case 'ArrowRight':
      return () => (row?.isOpen === false ? acts.toggle(row.key) : acts.moveTo(at + 1));
    case 'ArrowLeft':
      return () => (row?.isOpen === true ? acts.toggle(row.key) : acts.moveTo(aboveOf(rows, at)));
    case 'Enter':
      return () => document.querySelector<HTMLElement>('#actor')?.focus();
    default:
      return undefined;
  }
}

/** @returns where the row is that this one is below. */
function aboveOf(rows: readonly Row[], at: number): number {
  const { level = 1 } = rows[at] ?? {};
  return Math.max(
    0,
    rows.findLastIndex((row, index) => index < at && row.level < level),
  );
}
