/** The connection from close by: what carries it, where it stands in its room, and its machine as it runs. */
import { useSignal } from '../hooks/use-signal.ts';
import { endingWords, statusWords, transportWords } from '../model/connection-words.ts';
import type { Conversation } from '../model/conversation.ts';
import { Icon } from './icon.tsx';
import { Statechart } from './statechart.tsx';

interface ConnectionPanelProps {
  readonly conversation: Conversation;
  readonly onClose: () => void;
}

export function ConnectionPanel({ conversation, onClose }: ConnectionPanelProps) {
  const state = useSignal(conversation.state);
  const room = useSignal(conversation.room);
  // A new message moves the position and changes nothing else of the state.
  useSignal(conversation.view);
  const { position } = conversation;
  const facts: readonly (readonly [what: string, value: string | undefined])[] = [
    ['State', statusWords[state.status]],
    ['Transport', state.transport && transportWords[state.transport]],
    ['How it ended', endingWords(state)],
    ['Tries in vain', state.attempt > 0 && state.status !== 'open' ? String(state.attempt) : undefined],
    ['Place in the room', position && `message ${position.offset}`],
    ['Connection', state.you],
  ];
  return (
    <div className="connection-panel">
      <header>
        <h2>Connection to #{conversation.name}</h2>
        <button type="button" className="quiet" onClick={onClose} title="Close (Esc)">
          <Icon name="close" />
          <span className="visually-hidden">Close</span>
        </button>
      </header>
      <dl className="facts">
        {facts.map(
          ([what, value]) =>
            value !== undefined && (
              <div key={what}>
                <dt>{what}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {state.transport !== undefined && state.transport !== 'websocket' && (
        <p className="fallback">
          A WebSocket does not get through from here, so messages take another way. Nothing is missed by it.
        </p>
      )}
      {room !== undefined && <Statechart key={room.actor.sessionId} room={room} />}
    </div>
  );
}
