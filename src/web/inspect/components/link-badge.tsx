/** Whether the page is still told what happens. */
import { Countdown } from '../../components/countdown.tsx';
import { useSignal } from '../../hooks/use-signal.ts';
import type { Session } from '../model/session.ts';

const words = { connecting: 'Connecting …', open: 'Connected', waiting: 'Connection lost.' } as const;

export function LinkBadge({ session }: { readonly session: Session }) {
  const state = useSignal(session.link.state);
  // What is read from a file hangs on no link.
  if (useSignal(session.opened) !== undefined) return null;
  return (
    <span className="link-badge" data-status={state.status}>
      {words[state.status]}
      {state.status === 'waiting' && <Countdown to={state.until} />}
    </span>
  );
}
