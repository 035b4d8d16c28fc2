/** A button that opens a small panel below it, which Escape and whatever takes the focus elsewhere shut. */
import { useRef, useState, type ReactNode } from 'react';

interface MenuProps {
  readonly label: ReactNode;
  readonly title: string;
  readonly isWide?: boolean;
  readonly isAtEnd?: boolean;
  readonly children: ReactNode;
}

export function Menu({ label, title, isWide = false, isAtEnd = false, children }: MenuProps) {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- it only hears what its button and its panel let through
    <div
      className="menu"
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) setIsOpen(false);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        setIsOpen(false);
        button.current?.focus();
      }}
    >
      <button
        ref={button}
        type="button"
        aria-expanded={isOpen}
        title={title}
        onClick={() => setIsOpen(!isOpen)}
      >
        {label}
        <span className="caret" aria-hidden="true">
          ▾
        </span>
      </button>
      {isOpen && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- so that a click in it keeps it open
        <div
          className="panel"
          role="group"
          aria-label={title}
          data-wide={isWide}
          data-end={isAtEnd}
          tabIndex={-1}
        >
          {children}
        </div>
      )}
    </div>
  );
}
