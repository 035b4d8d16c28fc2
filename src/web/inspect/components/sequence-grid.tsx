/**
 * The grid of the sequence. Only the rows in view are in the document; at its end it follows what is new, and anywhere
 * else it keeps its place. It has the focus itself, and a cursor among its shown.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, type KeyboardEvent, type RefObject } from 'react';
import { Virtualizer } from 'virtua';
import { Icon } from '../../components/icon.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import { useWidth } from '../hooks/use-width.ts';
import type { Cast } from '../model/cast.ts';
import { lanesOf, rowHeight } from '../model/sequence-drawing.ts';
import { cursor, keepPlace, leftAt, placeNow } from '../model/sequence-reading.ts';
import { countAfter, indexAfter, type Sequence, type SequenceWish } from '../model/sequence.ts';
import type { Session } from '../model/session.ts';
import { countWords } from '../model/words.ts';
import { SequenceHeads } from './sequence-heads.tsx';
import { SequenceLesson } from './sequence-lesson.tsx';
import { SequenceRow, sequenceRowId } from './sequence-row.tsx';

interface SequenceGridProps {
  readonly grid: RefObject<HTMLDivElement | null>;
  readonly session: Session;
  readonly cast: Cast;
  readonly wish: SequenceWish;
  readonly sequence: Sequence;
}

/** As in the style sheet. */
const headsHeight = 44;
const timesWidth = 146;

/** How far from its end the list may be and still follow what is new. */
const followWithinPx = 8;

/** What PageUp and PageDown move by. */
const pageRows = 12;

export function SequenceGrid({ grid, session, cast, wish, sequence }: SequenceGridProps) {
  const { shown, rowOf, lives } = sequence;
  const { lifelines } = wish;
  const at = useSignal(cursor);
  const left = useSignal(leftAt);
  const width = useWidth(grid);
  const lanes = useMemo(() => lanesOf(lifelines, width - timesWidth), [lifelines, width]);
  const index = at === undefined ? -1 : shown.findIndex(({ seq }) => seq === at.seq);
  const isOpen = at?.isOpen === true;
  const lastSeq = shown.at(-1)?.seq ?? -1;
  const lastTop = useRef(0);

  const look = (): void => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = grid.current ?? {};
    const isAtEnd = scrollHeight - scrollTop - clientHeight <= followWithinPx;
    const isUp = scrollTop < lastTop.current;
    lastTop.current = scrollTop;
    const seq = shown[Math.floor(scrollTop / rowHeight)]?.seq;
    if (isAtEnd || seq === undefined) keepPlace('end', lastSeq);
    // More rows may have come before the event that says where the last ones took the list: nobody has left its end.
    else if (placeNow() === 'end' && !isUp) grid.current?.scrollTo({ top: scrollHeight });
    else keepPlace({ seq, hiddenPx: scrollTop % rowHeight }, lastSeq);
  };

  // Whenever there are other rows: those before the place may have been forgotten, or filtered.
  useLayoutEffect(() => {
    const place = placeNow();
    const top =
      place === 'end'
        ? (grid.current?.scrollHeight ?? 0)
        : indexAfter(shown, place.seq - 1) * rowHeight + place.hiddenPx;
    grid.current?.scrollTo({ top });
    lastTop.current = grid.current?.scrollTop ?? 0;
  }, [grid, shown]);

  // The details take room below, which must not be that of the row that they are of.
  useEffect(() => {
    if (isOpen && index !== -1) showRow(grid.current, index);
    // oxlint-disable-next-line react/exhaustive-deps -- not whenever rows have come or gone
  }, [grid, isOpen, at?.seq]);

  const moveTo = (to: number): void => {
    const wanted = Math.max(0, Math.min(shown.length - 1, to));
    const row = shown[wanted];
    if (row === undefined) return;
    cursor.set({ seq: row.seq, isOpen });
    showRow(grid.current, wanted);
  };

  const open = (seq: number): void => {
    // What one looks at stays where it is.
    if (placeNow() === 'end') {
      const top = grid.current?.scrollTop ?? 0;
      const first = shown[Math.floor(top / rowHeight)]?.seq ?? 0;
      keepPlace({ seq: first, hiddenPx: top % rowHeight }, lastSeq);
    }
    cursor.set({ seq, isOpen: true });
  };

  const pressed = (event: KeyboardEvent): void => {
    if (event.target !== grid.current) return;
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => moveTo(index + 1),
      ArrowUp: () => moveTo(index === -1 ? shown.length - 1 : index - 1),
      PageDown: () => moveTo(index + pageRows),
      PageUp: () => moveTo(index - pageRows),
      Home: () => moveTo(0),
      End: () => moveTo(shown.length - 1),
      Enter: () => {
        if (at !== undefined) open(at.seq);
        requestAnimationFrame(() => document.querySelector<HTMLElement>('#happening')?.focus());
      },
      Escape: () => cursor.set(undefined),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };

  return (
    <div className="sequence-list">
      <div
        ref={grid}
        className="sequence-grid"
        role="grid"
        aria-label="Sequence of events"
        aria-rowcount={shown.length + 1}
        aria-activedescendant={index === -1 || at === undefined ? undefined : sequenceRowId(at.seq)}
        tabIndex={0}
        onKeyDown={pressed}
      >
        <SequenceHeads cast={cast} lifelines={lifelines} lanes={lanes} />
        <Virtualizer
          scrollRef={grid}
          data={shown}
          itemSize={rowHeight}
          startMargin={headsHeight}
          onScroll={look}
        >
          {(record, position) => (
            <SequenceRow
              key={record.seq}
              row={rowOf(record)}
              before={shown[position - 1]}
              index={position + 2}
              lanes={lanes}
              lives={lives}
              isSelected={record.seq === at?.seq}
              onSelect={() => open(record.seq)}
            />
          )}
        </Virtualizer>
        <SequenceLesson session={session} wish={wish} sequence={sequence} />
      </div>
      {left !== undefined && shown.length > 0 && (
        <button
          type="button"
          className="newer"
          onClick={() => {
            keepPlace('end', lastSeq);
            grid.current?.scrollTo({ top: grid.current.scrollHeight });
          }}
        >
          <Icon name="down" />
          {newerWords(countAfter(shown, left))}
        </button>
      )}
    </div>
  );
}

function newerWords(count: number): string {
  return count === 0 ? 'Latest' : `${countWords(count)} new`;
}

/** Scrolls no further than it has to. */
function showRow(grid: HTMLDivElement | null, index: number): void {
  if (grid === null) return;
  const top = index * rowHeight;
  const room = grid.clientHeight - headsHeight - rowHeight;
  if (grid.scrollTop > top) grid.scrollTo({ top });
  else if (grid.scrollTop < top - room) grid.scrollTo({ top: top - room });
}
