// Reads the workflows given as arguments with GitHub's own parser; prints one line an error and fails when there is one.
import { readFile } from "node:fs/promises";
import { register } from "node:module";

// The parser imports its schema as JSON in the way that bundlers understand; node wants to be told.
const hook = `
  import { readFile } from "node:fs/promises";
  import { fileURLToPath } from "node:url";
  export async function load(url, context, next) {
    return url.endsWith(".json")
      ? { format: "module", shortCircuit: true, source: "export default " + await readFile(fileURLToPath(url), "utf8") }
      : next(url, context);
  }`;
register("data:text/javascript," + encodeURIComponent(hook));
const { NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

let found = 0;
for (const file of process.argv.slice(2)) {
  const result = parseWorkflow({ name: file, content: await readFile(file, "utf8") }, new NoOperationTraceWriter());
  for (const error of result.context.errors.getErrors()) {
    console.log(`${file}: ${error.message}`);
    found++;
  }
}
process.exitCode = found > 0 ? 1 : 0;
