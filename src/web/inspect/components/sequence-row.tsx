/** A row of the sequence: when, how long after the row before, and what happened. */
import { createElement } from 'react';
import type { InspectorRecord } from '../../../inspector/messages.ts';
import { drawRow, rowHeight, type Lanes, type Shape } from '../model/sequence-drawing.ts';
import type { Life, SequenceRow as Row } from '../model/sequence.ts';
import { clockWords, laterWords } from '../model/words.ts';

interface SequenceRowProps {
  readonly row: Row;
  readonly before: InspectorRecord | undefined;
  readonly index: number;
  readonly lanes: Lanes;
  readonly lives: ReadonlyMap<string, Life>;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

/** The row's id in the document. */
export function sequenceRowId(seq: number): string {
  return `sequence-${seq}`;
}

export function SequenceRow({ row, before, index, lanes, lives, isSelected, onSelect }: SequenceRowProps) {
  const laterMs = before === undefined ? 0 : row.at - before.at;
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the grid has the focus, and takes the keys
    <div
      id={sequenceRowId(row.seq)}
      className="happening"
      role="row"
      aria-rowindex={index}
      aria-selected={isSelected}
      data-tone={row.tone}
      onClick={onSelect}
    >
      <div className="when" role="gridcell">
        {clockWords(row.at)}
      </div>
      <div className="later" role="gridcell" data-long={laterMs >= 1_000}>
        {laterMs > 0 && laterWords(laterMs)}
      </div>
      <div role="gridcell" title={row.words}>
        <span className="visually-hidden">{row.words}</span>
        <svg width={lanes.width} height={rowHeight} aria-hidden="true" focusable="false">
          <Shapes shapes={drawRow(row, lanes, lives)} />
        </svg>
      </div>
    </div>
  );
}

function Shapes({ shapes }: { readonly shapes: readonly Shape[] }) {
  return shapes.map(({ tag, className, attributes, text }, index) => {
    const { 'text-anchor': textAnchor, ...rest } = attributes;
    // oxlint-disable-next-line react/no-array-index-key -- a row's shapes are drawn once
    return createElement(tag, { key: index, className, textAnchor, ...rest }, text);
  });
}
