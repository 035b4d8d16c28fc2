/** A dialog over the page: Escape, its cross and a click beside it close it, and the focus goes back to where it was. */
import { useEffect, useRef } from 'react';
import { Icon } from './icon.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: React.ReactNode;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  const clicked = (event: React.MouseEvent): void => {
    // Only the backdrop belongs to the dialog itself; all else is inside of it.
    if (event.target === dialog.current) onClose();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- Escape closes it
    <dialog ref={dialog} aria-label={title} onClose={onClose} onClick={clicked}>
      <div className="dialog">
        <header>
          <h2>{title}</h2>
          <button type="button" className="quiet" onClick={onClose} title="Close (Esc)">
            <Icon name="close" />
            <span className="visually-hidden">Close</span>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
