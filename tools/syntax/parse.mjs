// node parse.mjs MODULES FILE…: parses each file with the grammar of its ending, and says of each error where it is. MODULES is
// the folder in which npm put the packages of package.json. Exit status 1: something does not parse; 2: it could not be tried.
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const grammars = {
  '.dart': 'dart', '.kt': 'kotlin', '.kts': 'kotlin', '.swift': 'swift', '.json': 'json', '.podspec': 'ruby',
};

const [modules, ...files] = process.argv.slice(2);
const { Parser, Language } = await import(pathToFileURL(join(modules, 'web-tree-sitter', 'tree-sitter.js')));
await Parser.init();

const loaded = new Map();
async function parserFor(file) {
  const grammar = grammars[extname(file)];
  if (!grammar) throw new Error(`${file}: no grammar for '${extname(file)}': expected one of ${Object.keys(grammars).join(', ')}`);
  if (!loaded.has(grammar)) {
    const parser = new Parser();
    parser.setLanguage(await Language.load(join(modules, 'tree-sitter-wasms', 'out', `tree-sitter-${grammar}.wasm`)));
    loaded.set(grammar, parser);
  }
  return loaded.get(grammar);
}

// The innermost errors: what is around them is wrong because of them.
function errorsIn(node) {
  if (!node.hasError) return node.isMissing ? [node] : [];
  const inner = node.children.flatMap(errorsIn);
  return inner.length > 0 || !(node.isError || node.isMissing) ? inner : [node];
}

// YAML has a parser of its own: its grammar needs what this tree-sitter does not bring.
async function yamlErrors(file, text) {
  const { parseDocument } = await import(pathToFileURL(join(modules, 'yaml', 'dist', 'index.js')));
  return parseDocument(text).errors.map(({ linePos, message }) => `${file}:${linePos[0].line}:${linePos[0].col}: ${message}`);
}

function describe(file, lines, node) {
  const { row, column } = node.startPosition;
  const what = node.isMissing ? `expected '${node.type}'` : `cannot be parsed: ${JSON.stringify(node.text.slice(0, 60))}`;
  return `${file}:${row + 1}:${column + 1}: ${what}\n    ${lines[row] ?? ''}`;
}

async function treeErrors(file, text) {
  const tree = (await parserFor(file)).parse(text);
  const found = errorsIn(tree.rootNode).map((node) => describe(file, text.split('\n'), node));
  // An error that no node owns would otherwise go unseen.
  if (tree.rootNode.hasError && found.length === 0) found.push(`${file}:1:1: does not parse`);
  tree.delete();
  return found;
}

let wrong = 0;
try {
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const found = await (extname(file) === '.yaml' ? yamlErrors : treeErrors)(file, text);
    found.forEach((line) => console.error(line));
    wrong += found.length;
  }
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
console.log(`${files.length} files, ${wrong} errors`);
process.exit(wrong > 0 ? 1 : 0);
