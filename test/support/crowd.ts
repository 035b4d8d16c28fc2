/** A crowd is connections without a server: their parent actor by itself, which nobody watches. */
import { createActor, type Actor, type InspectionEvent } from 'xstate';
import type { Clock } from '../../src/clock.ts';
import { connectionsLogic } from '../../src/connections-actor.ts';
import type { Connections } from '../../src/connections.ts';
import { Scheduler } from '../../src/scheduler.ts';

/**
 * @param inspect hears of the connections, and not of their parent, which stays unless it is stopped.
 * @returns the parent
 */
export function startCrowd(
  connections: Connections,
  clock: Clock,
  inspect: (event: InspectionEvent) => void,
): Actor<typeof connectionsLogic> {
  const crowd = createActor(connectionsLogic, {
    id: 'connections',
    clock,
    input: { connections },
    inspect: (event) => {
      if (event.actorRef.sessionId !== event.rootId) inspect(event);
    },
  });
  Scheduler.install(crowd.system, clock);
  return crowd.start();
}
