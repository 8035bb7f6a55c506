// How well something fits what was typed: every letter in order, the better the more of them begin words or follow each
// other.

/** Higher is better; undefined where it does not fit. Nothing typed fits everything equally. */
export function score(typed: string, text: string): number | undefined {
  const wanted = typed.toLowerCase().replace(/\s+/g, "");
  const given = text.toLowerCase();
  let [points, at] = [0, -1];
  for (const letter of wanted) {
    const next = nextOf(given, letter, at);
    if (next < 0) return undefined;
    points += next === at + 1 ? 3 : beginsWord(given, next) ? 2 : 0;
    at = next;
  }
  return wanted === "" ? 0 : points / wanted.length - given.length / 1000 + (given.startsWith(wanted) ? 2 : given.includes(wanted) ? 1 : 0);
}

/** The next place of a letter: right behind the last one, else where a word begins, else anywhere. */
function nextOf(text: string, letter: string, at: number): number {
  if (text[at + 1] === letter) return at + 1;
  for (let place = at + 1; place < text.length; place += 1) if (text[place] === letter && beginsWord(text, place)) return place;
  return text.indexOf(letter, at + 1);
}

function beginsWord(text: string, at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? "");
}
