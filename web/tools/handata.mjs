// Writes the tables by which package han turns Simplified into Traditional
// Chinese and back, from the npm package opencc-js:
//
//	node web/tools/handata.mjs [folder that holds node_modules; default: web]
//
// The tables are not committed; the Go build embeds what it finds. Traditional
// is the form used in Hong Kong and Macau (為, not 爲), because that is where
// members of the conference who read Traditional live.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(dirname(web), 'internal', 'han', 'data');
const lib = join(resolve(process.argv[2] ?? web), 'node_modules', 'opencc-js', 'dist', 'esm-lib');
const load = async (file) => import(pathToFileURL(join(lib, file)).href);
const dict = async (name) =>
  (await load(`dict/${name}.js`)).default.split('|').map((pair) => pair.split(' '));

const { ConverterFactory } = await load('core.js');
const hongKong = ConverterFactory((await load('to/hk.js')).default);
const same = (text) => text;

const tables = [
  ['st_chars', 'STCharacters', hongKong],
  ['st_phrases', 'STPhrases', hongKong],
  ['ts_chars', 'TSCharacters', same],
  ['ts_phrases', 'TSPhrases', same],
];

await mkdir(out, { recursive: true });
for (const [file, name, finish] of tables) {
  const pairs = await dict(name);
  if (pairs.some((p) => p.length < 2 || !p[0] || !p[1])) throw new Error(`${name}: not pairs of words`);
  const lines = pairs.map(([from, to]) => `${from}\t${finish(to)}\n`);
  await writeFile(join(out, `${file}.txt`), lines.join(''));
  console.log(`${file}.txt: ${lines.length} lines`);
}
