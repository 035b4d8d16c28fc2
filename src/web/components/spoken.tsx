/** What others say while one looks on, for those who have it read out: the new alone, politely, and nothing of the history. */
import { useSignal } from '../hooks/use-signal.ts';
import type { Conversation } from '../model/conversation.ts';

export function Spoken({ conversation }: { readonly conversation: Conversation }) {
  const { spoken } = useSignal(conversation.view);
  return (
    <div className="visually-hidden" role="log" aria-label={`New messages in ${conversation.name}`}>
      {spoken.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}
