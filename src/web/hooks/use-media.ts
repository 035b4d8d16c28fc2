/** Whether a media query holds. */
import { useCallback, useSyncExternalStore } from 'react';

/** The width below which the side and the members lie over the conversation; the style sheets have it too. */
export const phone = '(max-width: 48rem)';

export function useMedia(query: string): boolean {
  const watch = useCallback(
    (changed: () => void) => {
      const media = matchMedia(query);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    [query],
  );
  return useSyncExternalStore(watch, () => matchMedia(query).matches);
}
