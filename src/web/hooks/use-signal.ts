/** Draws a component anew whenever a signal changes. */
import { useSyncExternalStore } from 'react';
import type { Signal } from '../model/signal.ts';

export function useSignal<T>(signal: Signal<T>): T {
  return useSyncExternalStore(signal.watch, signal.read);
}
