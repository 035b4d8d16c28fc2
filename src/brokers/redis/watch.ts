/**
 * Tells the log what becomes of the Redis broker: each change of its state, and each reason why Redis cannot be reached, once,
 * however often it tries meanwhile.
 */
import type { Logger } from 'pino';
import type { AnyActorRef, SnapshotFrom } from 'xstate';
import { topState } from '../../state-value.ts';
import type { redisBrokerMachine } from './machine.ts';

type BrokerSnapshot = SnapshotFrom<typeof redisBrokerMachine>;

export function logBroker(actor: AnyActorRef, logger: Logger): void {
  let told = '';
  const reasons = new Set<string>();
  actor.subscribe((snapshot: BrokerSnapshot) => {
    const { value, context } = snapshot;
    const state = topState(value);
    const isRefusing = snapshot.matches({ degraded: { publishers: 'refused' } });
    const err = context.error;
    const now = isRefusing ? 'refusing' : state;
    if (now !== told) {
      told = now;
      if (now === 'degraded') logger.warn({ err }, 'Redis is away');
      else if (now === 'refusing') logger.error({ err }, 'Redis is still away: messages are refused');
      else logger.info(`broker ${now}`);
    }
    if (context.failures === 0) reasons.clear();
    else if (!reasons.has(String(err))) {
      reasons.add(String(err));
      logger.warn({ err }, 'Redis cannot be reached');
    }
  });
}
