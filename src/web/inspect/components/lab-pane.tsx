/** The lab: virtual clients that behave well or badly, and what there is to see of each. */
import { useEffect, useState } from 'react';
import { useSignal } from '../../hooks/use-signal.ts';
import { labGraceMs, labKinds, type LabKind } from '../../../inspector/lab-kinds.ts';
import type { LabTask } from '../../../inspector/messages.ts';
import { select } from '../model/selection.ts';
import type { Session, View } from '../model/session.ts';
import { ageWords, notInThePast } from '../model/words.ts';

const kinds = Object.keys(labKinds) as LabKind[];

export function LabPane({ session, view }: { readonly session: Session; readonly view: View }) {
  const [fault, setFault] = useState<string>();
  const isPast = useSignal(session.travel.cursor) !== undefined;
  /** The connection of the client that was made last, until its actor is seen. */
  const [made, setMade] = useState<string>();
  const actor = made === undefined ? undefined : actorOf(view, made);
  useEffect(() => {
    if (actor !== undefined) select(actor);
  }, [actor]);

  const order = async (task: LabTask): Promise<void> => {
    const reply = await session.ask({ type: 'lab', task });
    if (reply?.type !== 'answer') setFault('The server is gone.');
    else setFault(reply.ok ? undefined : reply.reason);
    if (reply?.type === 'answer') setMade(reply.connections?.[0]);
  };
  const count = [...view.actors.values()].filter(({ connection }) => connection?.lab !== undefined).length;
  return (
    <section className="lab" aria-label="Lab">
      <p>
        Virtual clients in the room <b>lab</b>, on sockets in memory. Add one, and watch its machine at the
        right. They leave {ageWords(labGraceMs)} after the last page that watches was closed.
      </p>
      <div className="lab-bar">
        <span className="count">{count} in the lab</span>
        <button type="button" disabled={isPast || count === 0} onClick={() => void order({ do: 'drain' })}>
          Drain the lab
        </button>
        <span role="status">{isPast ? notInThePast : fault}</span>
      </div>
      <ul>
        {kinds.map((kind) => (
          <li key={kind}>
            <h2>{labKinds[kind].title}</h2>
            <p>{labKinds[kind].does}.</p>
            <p className="hint">Watch for: {labKinds[kind].watchFor}.</p>
            <div className="adds">
              {[1, 10].map((many) => (
                <button
                  key={many}
                  type="button"
                  disabled={isPast}
                  aria-label={`Add ${many} ${kind}`}
                  onClick={() => void order({ do: 'spawn', kind, count: many })}
                >
                  +{many}
                </button>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function actorOf({ actors }: View, connection: string): string | undefined {
  return [...actors.values()].find((actor) => actor.connection?.id === connection)?.id;
}
