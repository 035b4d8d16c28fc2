/** What can be done to a virtual client of the lab, and what to watch for then. */
import { useState } from 'react';
import { useSignal } from '../../hooks/use-signal.ts';
import { labDoings, type LabDoing } from '../../../inspector/lab-kinds.ts';
import type { Session } from '../model/session.ts';
import { notInThePast } from '../model/words.ts';

/** A kick has a button of its own, for every connection. */
const doings = (Object.keys(labDoings) as LabDoing[]).filter((doing) => doing !== 'kick');

interface LabDoingsProps {
  readonly session: Session;
  readonly connection: string;
  readonly hasEnded: boolean;
}

export function LabDoings({ session, connection, hasEnded }: LabDoingsProps) {
  const [said, setSaid] = useState('');
  const isPast = useSignal(session.travel.cursor) !== undefined;
  const order = async (doing: LabDoing): Promise<void> => {
    const reply = await session.ask({ type: 'lab', task: { do: doing, connection } });
    if (reply?.type !== 'answer') setSaid('The server is gone.');
    else setSaid(reply.ok ? `Watch for: ${labDoings[doing].watchFor}.` : (reply.reason ?? 'Refused.'));
  };
  return (
    <div className="doings">
      {doings.map((doing) => (
        <button
          key={doing}
          type="button"
          disabled={isPast || hasEnded}
          title={labDoings[doing].does}
          onClick={() => void order(doing)}
        >
          {labDoings[doing].title}
        </button>
      ))}
      <p className="hint" role="status">
        {isPast ? notInThePast : said}
      </p>
    </div>
  );
}
