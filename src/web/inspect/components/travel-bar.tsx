/** The bar at the bottom: to go back and forth in time, by hand or at some speed. */
import { useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import type { Actor } from '../../../inspector/messages.ts';
import { useNow } from '../hooks/use-now.ts';
import type { Session, View } from '../model/session.ts';
import { isEventOf, recordWords } from '../model/steps.ts';
import { speeds } from '../model/travel.ts';
import { agoWords, clockWords, nameOf } from '../model/words.ts';

interface TravelBarProps {
  readonly session: Session;
  readonly view: View;
  /** The actor that is selected. */
  readonly selected: string | undefined;
}

const tickMs = 250;

/** What an arrow key moves by; nearer to the end than this is the end. */
const stepMs = 100;

export function TravelBar({ session, view, selected }: TravelBarProps) {
  const { travel } = session;
  const hello = useSignal(session.hello);
  const cursor = useSignal(travel.cursor);
  const isPlaying = useSignal(travel.isPlaying);
  const now = useNow(session, tickMs);
  const { from, to } = session.span;
  const at = cursor?.at ?? to;
  const isLive = hello?.mode === 'live';
  const isPast = cursor !== undefined;
  const isGoing = isPlaying || (isLive && !isPast);

  const goTo = (time: number): void => {
    if (time > to - stepMs) travel.toEnd();
    else travel.goTo(time);
  };

  return (
    <section className="travel" aria-label="Time" data-past={isPast && isLive}>
      <Steps session={session} actor={actorIn(view, selected)}>
        <button
          type="button"
          className="primary play"
          aria-label={isGoing ? 'Pause' : 'Play'}
          title={isGoing ? 'Stop time' : 'Let time go on'}
          onClick={() => (isGoing ? travel.pause() : travel.play())}
        >
          <Icon name={isGoing ? 'pause' : 'play'} />
        </button>
      </Steps>
      <Speed session={session} />
      <input
        type="range"
        aria-label="Moment"
        aria-valuetext={`${clockWords(at)}, ${isPast ? agoWords(to - at) : 'now'}`}
        min={0}
        max={Math.max(stepMs, to - from)}
        step={1}
        value={Math.max(0, at - from)}
        onChange={({ target }) => goTo(from + target.valueAsNumber)}
        onKeyDown={(event) => {
          const time = timeBy(event.key, { from, at, to });
          if (time === undefined) return;
          event.preventDefault();
          goTo(time);
        }}
      />
      <time>{clockWords(isPast ? at : now)}</time>
      <span className="ago">{isPast ? agoWords(to - at) : isLive ? 'now' : 'the end'}</span>
      <Words session={session} view={view} isPast={isPast} />
      <button
        type="button"
        className={isPast && isLive ? 'primary to-end' : 'to-end'}
        disabled={!isPast}
        onClick={() => travel.toEnd()}
      >
        {isLive ? (isPast ? 'Back to live' : 'Live') : 'To the end'}
      </button>
    </section>
  );
}

/** Where a key leads to: a slider by itself would go by single milliseconds. */
function timeBy(
  key: string,
  { from, at, to }: { readonly from: number; readonly at: number; readonly to: number },
): number | undefined {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(from, at - stepMs);
    case 'ArrowRight':
    case 'ArrowUp':
      return at + stepMs;
    case 'Home':
      return from;
    case 'End':
      return to;
    default:
      return undefined;
  }
}

interface StepsProps {
  readonly session: Session;
  readonly actor: Actor | undefined;
  readonly children: React.ReactNode;
}

/** The ways to the event before and to the next one: of the actor that is selected, or of any. */
function Steps({ session: { travel }, actor, children }: StepsProps) {
  const [isOfAny, setOfAny] = useState(false);
  const isPast = useSignal(travel.cursor) !== undefined;
  const one = isOfAny ? undefined : actor;
  const step = (way: 1 | -1): void => {
    const found = travel.step(way, (record) =>
      one === undefined ? record.kind !== 'gauges' : isEventOf(record, one),
    );
    const whose = one === undefined ? '' : ` of ${nameOf(one)}`;
    if (!found) travel.notice.set(`No ${way === 1 ? 'later' : 'earlier'} event${whose} is kept.`);
  };
  return (
    <>
      <button type="button" aria-label="Previous event" title="To the event before" onClick={() => step(-1)}>
        <Icon name="previous" />
      </button>
      {children}
      <button
        type="button"
        aria-label="Next event"
        title="To the next event"
        disabled={!isPast}
        onClick={() => step(1)}
      >
        <Icon name="next" />
      </button>
      <select
        aria-label="Events of"
        title="Whose events the steps go to"
        value={one === undefined ? 'any' : 'one'}
        onChange={({ target }) => setOfAny(target.value === 'any')}
      >
        {actor !== undefined && <option value="one">of {nameOf(actor)}</option>}
        <option value="any">of any actor</option>
      </select>
    </>
  );
}

function Speed({ session: { travel } }: { readonly session: Session }) {
  const speed = useSignal(travel.speed);
  return (
    <select
      aria-label="Speed"
      title="How fast time goes on when it is played"
      value={speed}
      onChange={({ target }) => travel.speed.set(Number(target.value))}
    >
      {speeds.map((each) => (
        <option key={each} value={each}>
          {each}×
        </option>
      ))}
    </select>
  );
}

/** What befell the moment, or else what happened just then. */
function Words({
  session,
  view,
  isPast,
}: {
  readonly session: Session;
  readonly view: View;
  readonly isPast: boolean;
}) {
  const notice = useSignal(session.travel.notice);
  const isPlaying = useSignal(session.travel.isPlaying);
  const record = view.records.at(-1);
  const words = notice === '' && isPast && record !== undefined ? wordsOf(record, view) : notice;
  return (
    <p
      className="words"
      role="status"
      // What plays is not read out: it would never end.
      aria-live={isPlaying ? 'off' : 'polite'}
      title={words}
      data-notice={notice !== ''}
    >
      {words}
    </p>
  );
}

function wordsOf(record: View['records'][number], view: View): string {
  const { actor, words } = recordWords(record);
  const known = actorIn(view, actor);
  if (known === undefined) return words;
  // A reader or a writer goes by whose it is.
  const above = actorIn(view, known.parent)?.connection;
  const whose = above === undefined ? '' : `${above.name}, `;
  return `${whose}${nameOf(known)}: ${words}`;
}

function actorIn({ actors, ended }: View, id: string | undefined): Actor | undefined {
  return actors.get(id ?? '') ?? ended.get(id ?? '')?.actor;
}
