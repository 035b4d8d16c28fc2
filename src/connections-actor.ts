/**
 * The connections as one actor: the parent of each, which hears that it has ended. Their list is the registry's, for one
 * in a machine would be copied at each birth.
 */
import type { ActorLogic, AnyActorRef, EventObject, Snapshot } from 'xstate';
import type { Connections } from './connections.ts';

export type ConnectionsSnapshot = Snapshot<undefined> & {
  readonly connections: Connections;
  /** Those that live, by the names of their actors. */
  readonly children: Readonly<Record<string, AnyActorRef>>;
};

export interface ConnectionsLogic extends ActorLogic<
  ConnectionsSnapshot,
  EventObject,
  { connections: Connections }
> {}

export const connectionsLogic: ConnectionsLogic = {
  getInitialSnapshot: (_, { connections }) => snapshotOf(connections, 'active'),
  getPersistedSnapshot: (snapshot) => snapshot,
  start: ({ connections }, { self }) => connections.start(self),
  transition: (snapshot, event) => {
    const { connections } = snapshot;
    if (event.type === 'xstate.stop') {
      connections.stop();
      return snapshotOf(connections, 'stopped');
    }
    // XState's own word for it, `xstate.done.actor.…` or `xstate.error.actor.…`.
    if ('actorId' in event) connections.ended(String(event.actorId));
    return snapshot;
  },
};

function snapshotOf(connections: Connections, status: 'active' | 'stopped'): ConnectionsSnapshot {
  return {
    status,
    output: undefined,
    error: undefined,
    connections,
    get children() {
      return Object.fromEntries([...connections].map(({ actor }) => [actor.id, actor]));
    },
  };
}
