/** What is said where there is no connection: why, when the next try is, and a button that makes it now. */
import { useEffect, useState } from 'react';
import { useOnline } from '../hooks/use-online.ts';
import { useSignal } from '../hooks/use-signal.ts';
import { lossWords } from '../model/connection-words.ts';
import type { Conversation } from '../model/conversation.ts';
import { Countdown } from './countdown.tsx';
import { Icon } from './icon.tsx';

/** Connecting takes this long before it is worth a word. */
const patienceMs = 2_000;

interface LossBannerProps {
  readonly conversation: Conversation;
  readonly onTry: () => void;
}

export function LossBanner({ conversation, onTry }: LossBannerProps) {
  const state = useSignal(conversation.state);
  const isOnline = useOnline();
  const isLate = useLate(state.status === 'connecting');
  const isLost = state.status === 'backingOff' || state.status === 'closed';
  const isOffline = state.status === 'open' && !isOnline;
  const isTryingAgain = state.status === 'connecting' && (state.attempt > 0 || isLate);
  if (!isLost && !isTryingAgain && !isOffline) return null;
  return (
    <div className="banner" data-status={state.status}>
      <Icon name="warning" />
      <p>
        <span role="status">{isTryingAgain ? 'Connecting…' : lossWords(state, isOnline)}</span>
        {state.retryAt !== undefined && <Countdown key={state.retryAt} to={state.retryAt} />}
        {state.status === 'closed' && <span> This page will not come back by itself.</span>}
      </p>
      {isLost && (
        <button type="button" onClick={onTry}>
          {state.status === 'closed' ? 'Connect' : 'Try now'}
        </button>
      )}
    </div>
  );
}

/** Whether something has held for longer than one is patient. */
function useLate(holds: boolean): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!holds) return;
    const waiting = setTimeout(() => setLate(true), patienceMs);
    return () => {
      clearTimeout(waiting);
      setLate(false);
    };
  }, [holds]);
  return isLate;
}
