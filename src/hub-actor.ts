/**
 * The hub as an actor. Its mailbox is the hub's three channels, so the only event it takes is `look`, which makes a
 * fresh snapshot of them; it works from start to stop.
 */
import type { ActorLogic, Snapshot } from 'xstate';
import type { Hub, HubView } from './hub.ts';

export type HubSnapshot = Snapshot<undefined> & { readonly hub: Hub; readonly context: HubView };

export interface HubLogic extends ActorLogic<HubSnapshot, { type: 'look' }, { hub: Hub }> {}

export const hubLogic: HubLogic = {
  getInitialSnapshot: (_, { hub }) => snapshotOf(hub, 'active'),
  getPersistedSnapshot: (snapshot) => snapshot,
  transition: ({ hub }, event) => {
    // XState's own event, which is in no logic's type.
    if ((event.type as string) !== 'xstate.stop') return snapshotOf(hub, 'active');
    hub.stop();
    return snapshotOf(hub, 'stopped');
  },
};

function snapshotOf(hub: Hub, status: 'active' | 'stopped'): HubSnapshot {
  return { status, output: undefined, error: undefined, hub, context: hub.view() };
}
