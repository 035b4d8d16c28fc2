/** The colours of the page as they are just now, for what is painted on a canvas. */

const names = {
  accent: '--accent',
  accentPaper: '--accent-paper',
  busy: '--busy',
  good: '--good',
  bad: '--bad',
  text: '--text',
  dim: '--dim',
  line: '--line',
} as const;

export type Colours = Readonly<Record<keyof typeof names, string>>;

/** Tells the colours at an element, and again whenever it is dark or light. @returns what ends that. */
export function watchColours(element: HTMLElement, tell: (colours: Colours) => void): () => void {
  const look = (): void => tell(coloursAt(element));
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(look);
  system.addEventListener('change', look);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  look();
  return () => {
    system.removeEventListener('change', look);
    chosen.disconnect();
  };
}

function coloursAt(element: HTMLElement): Colours {
  // A property of one's own is told as it is written; a real one, as it is.
  const probe = document.createElement('span');
  element.append(probe);
  const found = Object.entries(names).map(([name, property]) => {
    probe.style.color = `var(${property})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found) as Colours;
}
