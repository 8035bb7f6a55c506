import { Marked } from "marked";
import { expect, test } from "vitest";

import { formulas } from "./math.ts";

const marked = new Marked(formulas);

test.each([
  ["$x^2$", '<p><span class="formula">x^2</span></p>'],
  ["so $a < b$ is", '<p>so <span class="formula">a &lt; b</span> is</p>'],
  ["$$\n\\sum_i x_i\n$$", '<span class="formula display">\\sum_i x_i</span>'],
  ["in $$x$$ line", '<p>in <span class="formula display">x</span> line</p>'],
  ["\\begin{align}a&=b\\end{align}", '<span class="formula display">\\begin{align}a&amp;=b\\end{align}</span>'],
  ["$a_b$ and $c_d$", '<p><span class="formula">a_b</span> and <span class="formula">c_d</span></p>'],
  ["it costs $5 or $6", "<p>it costs $5 or $6</p>"],
  ["from $5 to 6$", '<p>from <span class="formula">5 to 6</span></p>'],
  ["`$x$`", "<p><code>$x$</code></p>"],
  ["\\$5", "<p>$5</p>"],
])("%j", (text, html) => {
  expect((marked.parse(text) as string).trim()).toBe(html);
});
