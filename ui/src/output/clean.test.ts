import { expect, test } from "vitest";

import { withoutStock } from "./clean.ts";

const PANDAS = "<style scoped>\n    .dataframe tbody tr th:only-of-type {\n        vertical-align: middle;\n    }\n\n    .dataframe thead th {\n        text-align: right;\n    }\n</style>\n";

test.each([
  ["pandas", `<div>\n${PANDAS}<table border="1" class="dataframe">\n<tr style="text-align: right;"><th></th></tr></table></div>`, '<div>\n<table border="1" class="dataframe">\n<tr><th></th></tr></table></div>'],
  ["polars", "<style>\n.dataframe > thead > tr,\n.dataframe > tbody > tr {\n  text-align: right;\n}\n</style>\n<small>shape: (1, 1)</small>", "<small>shape: (1, 1)</small>"],
  ["a style of somebody's own", "<style>#T_1 td { color: red }</style><table>", "<style>#T_1 td { color: red }</style><table>"],
  ["both", "<style>.dataframe td {} body { color: red }</style>", "<style>.dataframe td {} body { color: red }</style>"],
  ["an attribute that says more", '<td style="text-align: right; color: red">', '<td style="text-align: right; color: red">'],
])("%s", (_name, html, expected) => {
  expect(withoutStock(html)).toBe(expected);
});
