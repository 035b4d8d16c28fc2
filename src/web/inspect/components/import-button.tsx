/** The button that opens a recording from a file; what is dropped on the page is opened too. */
import { useCallback, useRef } from 'react';
import { useSignal } from '../../hooks/use-signal.ts';
import { useDroppedFile } from '../hooks/use-dropped-file.ts';
import type { Importer } from '../model/importer.ts';

export function ImportButton({ importer }: { readonly importer: Importer }) {
  const input = useRef<HTMLInputElement>(null);
  const state = useSignal(importer.state);
  const take = useCallback((file: File) => void importer.read(file), [importer]);
  const isOver = useDroppedFile(take);
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>
        Open recording …
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Recording"
        accept=".jsonl,.ndjson,application/jsonl"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          if (file !== undefined) take(file);
          // The same file may be chosen again.
          target.value = '';
        }}
      />
      {isOver && <div className="drop-here">Drop a recording to see it here</div>}
      {state.status === 'reading' && (
        <p className="import" role="status">
          Reading {state.name}: {state.percent} %
          <button type="button" onClick={() => importer.dismiss()}>
            Cancel
          </button>
        </p>
      )}
      {state.status === 'failed' && (
        <p className="import failed" role="alert">
          <span>
            <b>{state.name}</b> cannot be shown: {state.reason}
          </span>
          <button type="button" onClick={() => importer.dismiss()}>
            Close
          </button>
        </p>
      )}
    </>
  );
}
