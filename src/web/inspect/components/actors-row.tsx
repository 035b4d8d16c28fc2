/** A row of the table of actors: an actor, or the state that a group of connections is in. */
import { topState } from '../../../state-value.ts';
import { columnNames, columns } from '../model/columns.ts';
import type { Row } from '../model/rows.ts';

interface ActorsRowProps {
  readonly row: Row;
  readonly index: number;
  readonly now: number;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
  readonly onToggle: () => void;
}

/** The row's id in the document. */
export function rowId(key: string): string {
  return `row-${key.replaceAll(/\W/g, '-')}`;
}

export function ActorsRow({ row, index, now, isSelected, onSelect, onToggle }: ActorsRowProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the table has the focus, and takes the keys
    <div
      id={rowId(row.key)}
      className={`row ${row.kind}`}
      role="row"
      data-level={row.level}
      aria-level={row.level}
      aria-rowindex={index}
      aria-selected={isSelected}
      aria-expanded={row.isOpen}
      onClick={onSelect}
      onDoubleClick={row.isOpen === undefined ? undefined : onToggle}
    >
      {row.kind === 'group' ? (
        <div className="cell" role="gridcell" aria-colspan={columnNames.length} data-column="name">
          <Twisty isOpen={row.isOpen} onToggle={onToggle} />
          <span className="dot" data-state={row.state} />
          {row.state} <span className="count">{row.count}</span>
        </div>
      ) : (
        columnNames.map((name) => {
          const words = columns[name].words(row.actor, row.figure, now);
          return (
            <div key={name} className="cell" role="gridcell" data-column={name} title={words}>
              {name === 'name' && <Twisty isOpen={row.isOpen} onToggle={onToggle} />}
              {name === 'state' && words !== '' && (
                <span className="dot" data-state={topState(row.actor.value ?? '')} />
              )}
              {words}
            </div>
          );
        })
      )}
    </div>
  );
}

/** For the pointer alone: the keys are the arrows. */
function Twisty({
  isOpen,
  onToggle,
}: {
  readonly isOpen: boolean | undefined;
  readonly onToggle: () => void;
}) {
  return (
    <span
      className="twisty"
      aria-hidden="true"
      data-open={isOpen}
      onClick={(event) => {
        event.stopPropagation();
        if (isOpen !== undefined) onToggle();
      }}
    >
      {isOpen === undefined ? '' : '›'}
    </span>
  );
}
