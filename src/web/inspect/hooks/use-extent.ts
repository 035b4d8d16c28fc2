/** How far a pane extends, within limits: this browser remembers it. */
import { useState } from 'react';
import { recall, remember } from '../../model/storage.ts';

export interface Extent {
  readonly now: number;
  readonly limits: ExtentLimits;
  readonly set: (wanted: number) => void;
}

export interface ExtentLimits {
  readonly least: number;
  readonly usual: number;
  readonly most: number;
  /** What a key moves it by. */
  readonly step: number;
}

export function useExtent(key: Parameters<typeof recall>[0], limits: ExtentLimits): Extent {
  const [now, setNow] = useState(() => within(limits, Number(recall(key)) || limits.usual));
  const set = (wanted: number): void => {
    const next = within(limits, wanted);
    setNow(next);
    remember(key, String(next));
  };
  return { now, limits, set };
}

function within({ least, most }: ExtentLimits, wanted: number): number {
  return Math.min(most, Math.max(least, wanted));
}
