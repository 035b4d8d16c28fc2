/** The page's elements, found with their types. */

/**
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} parent
 * @returns {T}
 */
export function find(selector, type, parent = document) {
  const element = parent.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} at ${selector}`);
  return element;
}

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T} a new element made from the template
 */
export function fromTemplate(id, type) {
  const copy = find(`#${id}`, HTMLTemplateElement).content.cloneNode(true);
  return find('*', type, /** @type {DocumentFragment} */ (copy));
}
