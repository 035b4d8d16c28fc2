/** The button that closes a connection from the server. */
import { useState } from 'react';
import { useSignal } from '../../hooks/use-signal.ts';
import type { Session } from '../model/session.ts';
import { notInThePast } from '../model/words.ts';

export function KickButton({
  session,
  connection,
}: {
  readonly session: Session;
  readonly connection: string;
}) {
  const [fault, setFault] = useState<string>();
  const isPast = useSignal(session.travel.cursor) !== undefined;
  const kick = async (): Promise<void> => {
    const reply = await session.ask({ type: 'kick', connection });
    if (reply === undefined) setFault('the server is gone');
    else if (reply.type === 'answer' && !reply.ok) setFault(reply.reason ?? 'refused');
  };
  return (
    <button
      type="button"
      className="kick"
      disabled={isPast}
      title={isPast ? notInThePast : 'Closes it with 4503: watch it go open → closing → closed'}
      onClick={() => void kick()}
    >
      {isPast ? 'Kick: only when live' : fault === undefined ? 'Kick' : `Not kicked: ${fault}`}
    </button>
  );
}
