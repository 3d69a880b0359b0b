// Markdown of a comment or a job summary as a page that looks as it does at GitHub: node pictures.cjs FILE
const fs = require('fs')
const markdown = require('markdown-it')({ html: true })
// An expandable part is shown open: a picture cannot be clicked.
const body = markdown.render(fs.readFileSync(process.argv[2], 'utf8')).replaceAll('<details>', '<details open>')
process.stdout.write(`<!doctype html><html lang="en"><meta charset="utf-8"><title>0</title><style>
body { margin: 0; padding: 16px; background: #fff; font: 14px/1.5 "DejaVu Sans", sans-serif; color: #1f2328 }
main { border: 1px solid #d1d9e0; border-radius: 6px; padding: 4px 16px 8px; width: 1034px; overflow-wrap: break-word }
h3, h4 { margin: 16px 0 8px } p, ul, ol, table, blockquote { margin: 0 0 12px }
table { border-collapse: collapse; font-size: 12px } th, td { border: 1px solid #d1d9e0; padding: 4px 9px; text-align: left; vertical-align: top }
tr:nth-child(2n) td { background: #f6f8fa } thead:has(th:empty:first-child:nth-last-child(2)) { display: none }
blockquote { border-left: 4px solid #d1d9e0; padding: 0 12px; color: #59636e }
code, pre { font: 12px "DejaVu Sans Mono", monospace; background: #f0f1f3; border-radius: 4px } code { padding: 1px 4px }
pre { padding: 10px; overflow: hidden } pre code { padding: 0; background: none } a { color: #0969da }
</style><main>${body}</main><script>document.title = document.documentElement.scrollHeight</script></html>`)
