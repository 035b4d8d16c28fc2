/** The heads of the lifelines: whose each is; a click selects the actor, and a smaller one takes its lifeline away. */
import { Icon } from '../../components/icon.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import { fullNameOf, headOf, type Cast } from '../model/cast.ts';
import { pickLifelines, selection } from '../model/selection.ts';
import type { Lanes } from '../model/sequence-drawing.ts';
import { selectAmong } from '../model/sequence-reading.ts';

interface SequenceHeadsProps {
  readonly cast: Cast;
  readonly lifelines: readonly string[];
  readonly lanes: Lanes;
}

const gapPx = 6;

export function SequenceHeads({ cast, lifelines, lanes }: SequenceHeadsProps) {
  const selected = useSignal(selection);
  return (
    <div className="heads" role="row" aria-rowindex={1}>
      <div className="when" role="columnheader">
        Time
      </div>
      <div className="later" role="columnheader">
        After
      </div>
      <div
        className="lifelines"
        role="columnheader"
        aria-label="What happened"
        style={{ width: lanes.width }}
      >
        {lifelines.map((id) => {
          const { name, about } = headOf(cast, id);
          const width = lanes.laneWidth - gapPx;
          const left = (lanes.places.get(id) ?? 0) - width / 2;
          return (
            <div key={id} className="lifeline" data-selected={id === selected} style={{ left, width }}>
              <button
                type="button"
                title={`Select ${name} · ${about}`}
                onClick={() => selectAmong(lifelines, id)}
              >
                <b>{name}</b>
                <span>{about}</span>
              </button>
              <button
                type="button"
                className="quiet"
                aria-label={`Remove the lifeline of ${fullNameOf(cast, id)}`}
                disabled={lifelines.length === 1}
                onClick={() => pickLifelines(lifelines.filter((other) => other !== id))}
              >
                <Icon name="close" />
              </button>
            </div>
          );
        })}
      </div>
    </div>
  );
}
