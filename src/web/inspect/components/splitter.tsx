/** The line between two panes, which is moved by pointer or by keys, and goes back to where it usually is by Enter. */
import type { Extent } from '../hooks/use-extent.ts';

interface SplitterProps {
  readonly label: string;
  /** The line's own: a vertical one is between two panes side by side. */
  readonly orientation: 'vertical' | 'horizontal';
  readonly extent: Extent;
  /** @returns the extent at which the line would be where the pointer is. */
  readonly extentAt: (pointer: { clientX: number; clientY: number }, line: HTMLElement) => number;
}

export function Splitter({ label, orientation, extent, extentAt }: SplitterProps) {
  const { now, limits, set } = extent;
  const moves: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => set(now - limits.step),
    ArrowDown: () => set(now - limits.step),
    ArrowRight: () => set(now + limits.step),
    ArrowUp: () => set(now + limits.step),
    Home: () => set(limits.least),
    End: () => set(limits.most),
    Enter: () => set(limits.usual),
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that has a value is a control
    <div
      className="splitter"
      role="separator"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the same
      tabIndex={0}
      aria-label={label}
      aria-orientation={orientation}
      aria-valuenow={Math.round(now)}
      aria-valuemin={limits.least}
      aria-valuemax={limits.most}
      title="Drag it, or move it by the arrow keys; a double click puts it back"
      onKeyDown={(event) => {
        const move = moves[event.key];
        if (move === undefined) return;
        event.preventDefault();
        move();
      }}
      onDoubleClick={() => set(limits.usual)}
      onPointerDown={({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId)}
      onPointerMove={(event) => {
        const { currentTarget, pointerId } = event;
        if (currentTarget.hasPointerCapture(pointerId)) set(extentAt(event, currentTarget));
      }}
    />
  );
}
