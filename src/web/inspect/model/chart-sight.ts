/** What one sees of a drawing in its frame: how large it is, and which part of it is in view. */

/** How large a drawing may be made: 1 is as it was drawn. */
const least = 0.2;
const most = 2;

/** Below this its words are hard to read, and one rather sees less of it at once. */
const leastToRead = 0.45;

/** Room around what is looked at. */
const marginPx = 40;

/** What the buttons take at the bottom of the frame: as in the style sheet. */
const buttonsPx = 36;

/** The whole of it, but no larger than it was drawn. */
export function showAll(frame: HTMLElement, svg: SVGSVGElement): void {
  const { width, height } = svg.viewBox.baseVal;
  resize(svg, Math.min(1, frame.clientWidth / width, heightOf(frame) / height));
}

/** A part of it in the middle, as large as it can well be. @param box in the drawing's own units */
export function showPart(frame: HTMLElement, svg: SVGSVGElement, box: DOMRect): void {
  resize(svg, Math.min(1, Math.max(leastToRead, fitting(frame, box))));
  centre(frame, svg, box);
}

/** Goes to a part of it where that is not in view; smaller only where there would be no room for it. */
export function keepInView(frame: HTMLElement, svg: SVGSVGElement, box: DOMRect): void {
  const zoom = zoomOf(svg);
  if (zoom > Math.max(leastToRead, fitting(frame, box))) {
    showPart(frame, svg, box);
    return;
  }
  const { scrollLeft, scrollTop, clientWidth } = frame;
  const isWideIn = box.left * zoom >= scrollLeft && box.right * zoom <= scrollLeft + clientWidth;
  const isHighIn = box.top * zoom >= scrollTop && box.bottom * zoom <= scrollTop + heightOf(frame);
  if (!isWideIn || !isHighIn) centre(frame, svg, box);
}

/** Larger or smaller; what is in the middle stays there. */
export function zoomBy(frame: HTMLElement, svg: SVGSVGElement, factor: number): void {
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = frame;
  const before = zoomOf(svg);
  const after = Math.min(most, Math.max(least, before * factor));
  resize(svg, after);
  const ratio = after / before;
  frame.scrollTo({
    left: (scrollLeft + clientWidth / 2) * ratio - clientWidth / 2,
    top: (scrollTop + clientHeight / 2) * ratio - clientHeight / 2,
  });
}

function fitting(frame: HTMLElement, { width, height }: DOMRect): number {
  return Math.min(frame.clientWidth / (width + 2 * marginPx), heightOf(frame) / (height + 2 * marginPx));
}

/** How much of its height nothing lies over. */
function heightOf({ clientHeight }: HTMLElement): number {
  return clientHeight - buttonsPx;
}

function zoomOf(svg: SVGSVGElement): number {
  return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
}

function resize(svg: SVGSVGElement, zoom: number): void {
  const { width, height } = svg.viewBox.baseVal;
  svg.style.width = `${width * zoom}px`;
  svg.style.height = `${height * zoom}px`;
}

function centre(frame: HTMLElement, svg: SVGSVGElement, { x, y, width, height }: DOMRect): void {
  const zoom = zoomOf(svg);
  frame.scrollTo({
    left: (x + width / 2) * zoom - frame.clientWidth / 2,
    top: (y + height / 2) * zoom - heightOf(frame) / 2,
  });
}
