/** How the connection is, in words and as a dot; opens the panel that shows its machine. */
import { useRef, useState } from 'react';
import { useSignal } from '../hooks/use-signal.ts';
import { connectionWords } from '../model/connection-words.ts';
import type { Conversation } from '../model/conversation.ts';
import { ConnectionPanel } from './connection-panel.tsx';

export function ConnectionBadge({ conversation }: { readonly conversation: Conversation }) {
  const state = useSignal(conversation.state);
  const [isOpen, setOpen] = useState(false);
  const panel = useRef<HTMLDivElement>(null);
  const words = connectionWords(state);
  return (
    <>
      <button
        type="button"
        className="badge"
        data-status={state.status}
        popoverTarget="connection"
        aria-expanded={isOpen}
        title="How the connection is"
      >
        <span className="dot" aria-hidden="true" />
        <span className="words">{words}</span>
        <span className="visually-hidden">, connection details</span>
      </button>
      <p className="visually-hidden" role="status">
        {`${conversation.name}: ${words}`}
      </p>
      <div
        ref={panel}
        id="connection"
        popover="auto"
        role="dialog"
        aria-label="Connection"
        onToggle={(event) => setOpen(event.newState === 'open')}
      >
        {isOpen && (
          <ConnectionPanel conversation={conversation} onClose={() => panel.current?.hidePopover()} />
        )}
      </div>
    </>
  );
}
