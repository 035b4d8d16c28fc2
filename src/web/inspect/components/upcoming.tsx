/** What may come next for an actor: its timers, counting down, and the events that it would take now. */
import type { Actor, Definition, Timer } from '../../../inspector/messages.ts';
import { useNow } from '../hooks/use-now.ts';
import { acceptedBy } from '../model/accepted.ts';
import type { Session } from '../model/session.ts';
import { eventWords } from '../model/words.ts';

interface UpcomingProps {
  readonly session: Session;
  readonly actor: Actor;
  readonly definition: Definition;
  readonly hasEnded: boolean;
}

const tickMs = 100;

export function Upcoming({ session, actor, definition, hasEnded }: UpcomingProps) {
  const timers = hasEnded ? [] : (actor.timers ?? []);
  const accepted = hasEnded ? [] : acceptedBy(actor, definition);
  return (
    <section className="upcoming">
      <h3>Timers</h3>
      {timers.length === 0 && <p className="hint">None is pending.</p>}
      {timers.length > 0 && <Timers session={session} timers={timers} />}
      <h3>Would take now</h3>
      {accepted.length === 0 && <p className="hint">{hasEnded ? 'Nothing: it has ended.' : 'Nothing.'}</p>}
      <ul className="accepted">
        {accepted.map(({ label, states }) => (
          <li key={label} title={`in ${states.join(', ')}`}>
            {label}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Timers({ session, timers }: { readonly session: Session; readonly timers: readonly Timer[] }) {
  const now = useNow(session, tickMs);
  return (
    <ul className="timers">
      {timers.map(({ event, dueAt, delayMs }) => {
        const leftMs = Math.max(0, dueAt - now);
        return (
          <li key={event} title={event}>
            <span>{eventWords(event)}</span>
            <progress aria-label={eventWords(event)} max={delayMs} value={Math.max(0, delayMs - leftMs)} />
            <span className="left">{(leftMs / 1_000).toFixed(1)} s</span>
          </li>
        );
      })}
    </ul>
  );
}
