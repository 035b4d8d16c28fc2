/** How full everything is: the hub's channels, the writers' outboxes, the broker's window; and the last three minutes. */
import { useSignal } from '../../hooks/use-signal.ts';
import type { Actor, ChannelGauge, GaugesRecord } from '../../../inspector/messages.ts';
import { seriesOf } from '../model/series.ts';
import type { Session, View } from '../model/session.ts';
import { byteWords, countWords } from '../model/words.ts';
import { Sparkline } from './sparkline.tsx';

export function Mailboxes({ session, view }: { readonly session: Session; readonly view: View }) {
  const hello = useSignal(session.hello);
  const { gauges, actors } = view;
  const last = gauges.at(-1);
  return (
    <section className="mailboxes" aria-label="Mailboxes">
      {last === undefined ? (
        <p className="hint">
          {hello?.mode === 'live'
            ? 'Measured once a second: the first time in a moment.'
            : 'Nothing was measured while this was recorded.'}
        </p>
      ) : (
        <>
          <Gauges last={last} actors={actors} />
          <div className="sparklines">
            {seriesOf(gauges).map((series) => (
              <Sparkline key={series.title} series={series} />
            ))}
          </div>
        </>
      )}
    </section>
  );
}

interface GaugesProps {
  readonly last: GaugesRecord;
  readonly actors: ReadonlyMap<string, Actor>;
}

function Gauges({ last: { channels, outboxes, broker }, actors }: GaugesProps) {
  if (channels.length === 0) return null;
  return (
    <ul className="gauges">
      {channels.map((channel) => (
        <Gauge
          key={channel.name}
          name={channel.name}
          value={channel.depth}
          capacity={channel.capacity}
          note={parkedWords(channel, actors)}
        />
      ))}
      {broker?.window !== undefined && (
        <Gauge name="broker window" value={broker.inFlight} capacity={broker.window} note="" />
      )}
      {outboxes !== undefined && (
        <li>
          <span>outboxes</span>
          <span className="held">
            {outboxes.bytes === 0
              ? 'all empty'
              : `${countWords(outboxes.messages)} messages, ${byteWords(outboxes.bytes)} in ${outboxes.fullest.length === 10 ? 'many' : outboxes.fullest.length}`}
          </span>
        </li>
      )}
    </ul>
  );
}

interface GaugeProps {
  readonly name: string;
  readonly value: number;
  readonly capacity: number;
  readonly note: string;
}

function Gauge({ name, value, capacity, note }: GaugeProps) {
  return (
    <li title={note}>
      <span>{name}</span>
      <meter aria-label={name} max={capacity} high={0.7 * capacity} value={value} />
      <span className="depth">
        {value} / {capacity}
      </span>
      <span className="parked">{note}</span>
    </li>
  );
}

/** `3 parked: ada, bea, …`. */
function parkedWords({ parked, parkedIds }: ChannelGauge, actors: ReadonlyMap<string, Actor>): string {
  if (parked === 0) return '';
  const names = new Map([...actors.values()].map(({ connection }) => [connection?.id, connection?.name]));
  const first = parkedIds.map((id) => names.get(id) ?? id).join(', ');
  return `${parked} parked: ${first}${parked > parkedIds.length ? ', …' : ''}`;
}
