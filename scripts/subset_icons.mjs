// Writes the part of an icon font that holds the given characters.
// node scripts/subset_icons.mjs FONT.woff2 OUT.woff2 < characters
import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import subsetFont from "subset-font";

const [font, out] = process.argv.slice(2);
const characters = (await text(process.stdin)).trim();
await writeFile(out, await subsetFont(await readFile(font), characters, { targetFormat: "woff2" }));
