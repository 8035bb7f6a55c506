// HTML of strangers, cleaned so that it can stand in the page; or the finding that cleaning would lose something.
import DOMPurify from "dompurify";

const OPTIONS = {
  RETURN_TRUSTED_TYPE: true,
  // Without it a style at the beginning would be dropped unreported.
  FORCE_BODY: true,
  FORBID_TAGS: ["style", "form", "input", "button", "select", "textarea"],
  // The page's policy forbids them; what they say of tables our own style says.
  FORBID_ATTR: ["style"],
};

/** What is left of it. */
export function clean(html: string): TrustedHTML {
  return DOMPurify.sanitize(html, OPTIONS) as unknown as TrustedHTML;
}

/** The same, where nothing is lost that one would miss; undefined of HTML that needs a frame of its own. */
export function cleanWhole(html: string): TrustedHTML | undefined {
  const plain = withoutStock(html);
  // Seen before the parser sees it, which would tell the browser's console that the policy forbids it.
  if (NEEDS_A_FRAME.test(plain)) return undefined;
  const cleaned = clean(plain);
  return DOMPurify.removed.some(isMissed) ? undefined : cleaned;
}

const NEEDS_A_FRAME = /<(?:style|script|iframe|object|embed|link|form)\b|\sstyle\s*=/i;

type Removed = (typeof DOMPurify.removed)[number];

function isMissed(removed: Removed): boolean {
  // The mark that the option puts in itself, and comments.
  return "attribute" in removed || !["remove", "#comment"].includes(removed.element.nodeName.toLowerCase());
}

/** Without the style that pandas and polars put before every table, and into it: ours says the same. */
export function withoutStock(html: string): string {
  return html
    .replace(/<style(?: scoped)?>([^<]*)<\/style>\s*/gi, (whole, css: string) => (isStock(css) ? "" : whole))
    .replace(/(<(?:table|thead|tr|th|td)\b[^>]*?) style="text-align:\s*\w+;?"/gi, "$1");
}

function isStock(css: string): boolean {
  const selectors = css.replace(/\{[^}]*\}/g, "\n").split("\n").flatMap((line) => line.split(","));
  return selectors.every((selector) => selector.trim() === "" || selector.trim().startsWith(".dataframe"));
}
