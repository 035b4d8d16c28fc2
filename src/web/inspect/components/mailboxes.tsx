/** How full everything is: the hub's channels, the writers' outboxes, the broker's window; and the last five minutes. */
import { lazy, memo, Suspense, useMemo, useState } from 'react';
import type { Actor, ChannelGauge, GaugesRecord } from '../../../inspector/messages.ts';
import { secondsShown, seriesOf } from '../model/series.ts';
import type { View } from '../model/session.ts';
import { byteWords, countWords } from '../model/words.ts';
import { ChartFigure } from './chart-figure.tsx';

// It is not needed to see the first actors.
const Plot = lazy(async () => ({ default: (await import('./plot.tsx')).Plot }));

export function Mailboxes({ view }: { readonly view: View }) {
  const { gauges, actors, at, isPast } = view;
  const last = gauges.at(-1);
  return (
    <section className="mailboxes" aria-label="Mailboxes">
      {last === undefined ? (
        <p className="hint">
          {isPast
            ? 'Nothing was measured before this moment: it is once a second.'
            : 'Measured once a second: the first time in a moment.'}
        </p>
      ) : (
        <>
          <Gauges last={last} actors={actors} />
          <Charts gauges={gauges} until={at} />
        </>
      )}
    </section>
  );
}

interface ChartsProps {
  readonly gauges: readonly GaugesRecord[];
  readonly until: number;
}

function Charts({ gauges, until }: ChartsProps) {
  // The moment that the pointer is at, in all of them.
  const [pointed, setPointed] = useState<number>();
  const last = gauges.at(-1)?.seq;
  // oxlint-disable-next-line react/exhaustive-deps -- a view has its own list of what is the same as before
  const series = useMemo(() => seriesOf(gauges), [gauges[0]?.seq, last]);
  // oxlint-disable-next-line react/exhaustive-deps -- the same
  const times = useMemo(() => gauges.map(({ at }) => at), [gauges[0]?.seq, last]);
  const end = Math.max(until, times.at(-1) ?? until);
  return (
    <div className="charts">
      {series.map((each) => (
        <ChartFigure key={each.title} series={each} times={times} pointed={pointed}>
          <Suspense>
            <Plot
              lines={each.lines}
              words={each.words}
              times={times}
              from={end - 1_000 * secondsShown}
              until={end}
              onPoint={setPointed}
            />
          </Suspense>
        </ChartFigure>
      ))}
    </div>
  );
}

interface GaugesProps {
  readonly last: GaugesRecord;
  readonly actors: ReadonlyMap<string, Actor>;
}

const Gauges = memo(function Gauges({ last: { channels, outboxes, broker }, actors }: GaugesProps) {
  if (channels.length === 0) return null;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it by keys to names that take more lines
    <ul className="gauges" aria-label="Gauges" tabIndex={0}>
      {channels.map((channel) => (
        <Gauge
          key={channel.name}
          name={channel.name}
          value={channel.depth}
          capacity={channel.capacity}
          parked={parkedWords(channel, actors)}
        />
      ))}
      {broker !== undefined && (
        <Gauge name="broker window" value={broker.inFlight} capacity={broker.window} state={broker.state} />
      )}
      {outboxes !== undefined && (
        <li>
          <span>outboxes</span>
          <span className="held">
            {outboxes.bytes === 0
              ? 'all empty'
              : `${countWords(outboxes.messages)} messages, ${byteWords(outboxes.bytes)}: ${fullestWords(outboxes, actors)}`}
          </span>
        </li>
      )}
    </ul>
  );
});

interface GaugeProps {
  readonly name: string;
  readonly value: number;
  readonly capacity: number;
  readonly state?: string;
  readonly parked?: string;
}

function Gauge({ name, value, capacity, state, parked = '' }: GaugeProps) {
  return (
    <li>
      <span>{name}</span>
      <meter aria-label={name} max={capacity} high={0.7 * capacity} value={value} />
      <span className="depth">
        {value} / {capacity}
      </span>
      {state !== undefined && <span className="state">{state}</span>}
      {parked !== '' && <span className="parked">{parked}</span>}
    </li>
  );
}

/** `3 parked: ada, bea, …`. */
function parkedWords({ parked, parkedIds }: ChannelGauge, actors: ReadonlyMap<string, Actor>): string {
  if (parked === 0) return '';
  const first = namesOf(parkedIds, actors).join(', ');
  return `${parked} parked: ${first}${parked > parkedIds.length ? ', …' : ''}`;
}

/** `ada 12 kB, bea 300 B`: the fullest first. */
function fullestWords(
  { fullest }: NonNullable<GaugesRecord['outboxes']>,
  actors: ReadonlyMap<string, Actor>,
): string {
  const names = namesOf(
    fullest.map(({ id }) => id),
    actors,
  );
  return fullest.map(({ bytes }, index) => `${names[index]} ${byteWords(bytes)}`).join(', ');
}

/** The names of connections; of those that are no more their ids. */
function namesOf(ids: readonly string[], actors: ReadonlyMap<string, Actor>): string[] {
  if (ids.length === 0) return [];
  const names = new Map([...actors.values()].map(({ connection }) => [connection?.id, connection?.name]));
  return ids.map((id) => names.get(id) ?? id);
}
