/** Whether the page is still told what happens. */
import { Countdown } from '../../components/countdown.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import type { Session } from '../model/session.ts';

const words = { connecting: 'Connecting …', open: 'Connected', waiting: 'Connection lost.' } as const;

export function LinkBadge({ session }: { readonly session: Session }) {
  const state = useSignal(session.link.state);
  const isPaused = useSignal(session.isPaused);
  const isHeld = isPaused && state.status === 'open';
  return (
    <span className="link-badge" data-status={isHeld ? 'paused' : state.status}>
      {isHeld ? 'Paused' : words[state.status]}
      {state.status === 'waiting' && <Countdown to={state.until} />}
    </span>
  );
}
