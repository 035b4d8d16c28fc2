/** Tells the log what becomes of the Redis broker: each change of its state once, however often it tries meanwhile. */
import type { Logger } from 'pino';
import type { AnyActorRef, SnapshotFrom } from 'xstate';
import { topState } from '../../state-value.ts';
import type { redisBrokerMachine } from './machine.ts';

type BrokerSnapshot = SnapshotFrom<typeof redisBrokerMachine>;

export function logBroker(actor: AnyActorRef, logger: Logger): void {
  let told = '';
  actor.subscribe((snapshot: BrokerSnapshot) => {
    const { value, context } = snapshot;
    const state = topState(value);
    const isRefusing = snapshot.matches({ degraded: { publishers: 'refused' } });
    const isVain = state === 'connecting' && context.failures > 0;
    const now = isRefusing ? 'refusing' : isVain ? 'unreachable' : state;
    if (now === told) return;
    told = now;
    if (now === 'unreachable' || now === 'degraded') {
      logger.warn({ err: context.error }, now === 'degraded' ? 'Redis is away' : 'Redis cannot be reached');
    } else if (now === 'refusing')
      logger.error({ err: context.error }, 'Redis is still away: messages are refused');
    else logger.info(`broker ${now}`);
  });
}
