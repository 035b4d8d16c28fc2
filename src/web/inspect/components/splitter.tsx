/** The line between two panes, which is moved by pointer or by the arrow keys. */

interface SplitterProps {
  /** How much the pane before it has, in percent. */
  readonly share: number;
  readonly onMove: (share: number) => void;
}

const least = 30;
const most = 80;
const step = 2;

export function Splitter({ share, onMove }: SplitterProps) {
  const move = (to: number): void => onMove(Math.min(most, Math.max(least, to)));
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- a separator that has a value is a control
    <div
      className="splitter"
      role="separator"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the same
      tabIndex={0}
      aria-label="Width of the actors"
      aria-orientation="vertical"
      aria-valuenow={Math.round(share)}
      aria-valuemin={least}
      aria-valuemax={most}
      onKeyDown={({ key }) => {
        if (key === 'ArrowLeft') move(share - step);
        if (key === 'ArrowRight') move(share + step);
      }}
      onPointerDown={({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId)}
      onPointerMove={({ currentTarget, pointerId, clientX }) => {
        if (!currentTarget.hasPointerCapture(pointerId)) return;
        const { left = 0, width = 1 } = currentTarget.parentElement?.getBoundingClientRect() ?? {};
        move((100 * (clientX - left)) / width);
      }}
    />
  );
}
