// Cleaned HTML as a part of our page.

/** What our page owes its readers: links that lead out of it, and no headings of tables that say nothing. */
export function adopt(root: ParentNode): void {
  for (const link of root.querySelectorAll("a[href]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  }
  for (const heading of root.querySelectorAll("th:empty")) heading.setAttribute("role", "presentation");
}
