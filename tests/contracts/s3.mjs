// A server of the S3 protocol for tests: s3rver keeps the objects. Before it stands what it leaves out and AWS does: a call has to be
// signed (version 4), over its path as it was sent; a body has to have the SHA-256 that was signed; unfinished uploads are listed and aborted.
// Usage: node --openssl-legacy-provider s3.mjs FOLDER BUCKET KEY SECRET; prints its port. POST /-/cut?after=N breaks every connection after N more parts, /-/heal ends that.
import { createHash, createHmac } from "node:crypto";
import { createServer, request } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const S3rver = require("@20minutes/s3rver");
const AWSAccount = require("@20minutes/s3rver/lib/models/account");

const [directory, bucket, key, secret] = process.argv.slice(2);
new AWSAccount(1, "safe-deploy-test").createKeyPair(key, secret);

const keeper = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory, vhostBuckets: false, allowMismatchedSignatures: true, configureBuckets: [{ name: bucket }] });
const inner = await keeper.run();

const uploads = new Map();
let partsUntilCut = Infinity;

const hmac = (by, text) => createHmac("sha256", by).update(text).digest();

// AWS documentation, "Create a signed AWS API request". The name of the error, or nothing.
const wrongSignature = (asked, url) => {
  const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/.exec(asked.headers.authorization ?? "");
  if (!found) return "AccessDenied";
  const [, who, scope, names, signature] = found;
  if (who !== key) return "InvalidAccessKeyId";
  const query = url.search.slice(1).split("&").filter(Boolean).map((pair) => (pair.includes("=") ? pair : `${pair}=`)).sort().join("&");
  const headers = names.split(";").map((name) => `${name}:${(asked.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  const canonical = [asked.method, url.pathname, query, headers, names, asked.headers["x-amz-content-sha256"]].join("\n");
  const text = ["AWS4-HMAC-SHA256", asked.headers["x-amz-date"], scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const by = scope.split("/").reduce(hmac, `AWS4${secret}`);
  return hmac(by, text).toString("hex") === signature && names.includes("host") ? undefined : "SignatureDoesNotMatch";
};

const refuse = (answer, status, code) => {
  answer.writeHead(status, { "content-type": "application/xml" });
  answer.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
};

const listUploads = (answer, prefix) => {
  const found = [...uploads].filter(([, name]) => name.startsWith(prefix));
  answer.writeHead(200, { "content-type": "application/xml" });
  answer.end(`<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult><Bucket>${bucket}</Bucket><IsTruncated>false</IsTruncated>`
    + found.map(([id, name]) => `<Upload><Key>${name}</Key><UploadId>${id}</UploadId></Upload>`).join("") + "</ListMultipartUploadsResult>");
};

const abort = (answer, upload) => {
  if (!uploads.delete(upload)) return refuse(answer, 404, "NoSuchUpload");
  answer.writeHead(204);
  answer.end();
};

const control = (url, answer) => {
  if (url.pathname === "/-/cut") partsUntilCut = Number(url.searchParams.get("after"));
  if (url.pathname === "/-/heal") partsUntilCut = Infinity;
  answer.end(JSON.stringify([...uploads.values()]));
};

const pass = (asked, url, body, answer) => {
  // Short pages, so that a few names need several.
  const path = url.searchParams.has("list-type") ? `${asked.url}&max-keys=20` : asked.url;
  const inward = request({ ...inner, host: inner.address, method: asked.method, path, headers: asked.headers }, (got) => {
    const chunks = [];
    got.on("data", (chunk) => chunks.push(chunk));
    got.on("end", () => {
      const text = Buffer.concat(chunks);
      const begun = /<UploadId>([^<]+)<\/UploadId>/.exec(url.searchParams.has("uploads") ? text.toString() : "");
      if (begun) uploads.set(begun[1], decodeURIComponent(url.pathname).slice(bucket.length + 2));
      if (url.searchParams.has("uploadId") && asked.method === "POST" && got.statusCode < 300) uploads.delete(url.searchParams.get("uploadId"));
      answer.writeHead(got.statusCode, got.headers);
      answer.end(text);
    });
  });
  inward.end(body);
};

const server = createServer((asked, answer) => {
  const url = new URL(asked.url, "http://s3");
  const chunks = [];
  asked.on("data", (chunk) => chunks.push(chunk));
  asked.on("end", () => {
    if (url.pathname.startsWith("/-/")) return control(url, answer);
    if (partsUntilCut <= 0 || (url.searchParams.has("partNumber") && --partsUntilCut < 0)) return asked.socket.destroy();
    const body = Buffer.concat(chunks);
    const signed = asked.headers["x-amz-content-sha256"];
    const wrong = wrongSignature(asked, url);
    if (wrong) return refuse(answer, 403, wrong);
    if (createHash("sha256").update(body).digest("hex") !== signed) return refuse(answer, 400, "XAmzContentSHA256Mismatch");
    if (asked.method === "DELETE" && url.searchParams.has("uploadId")) return abort(answer, url.searchParams.get("uploadId"));
    if (asked.method === "GET" && url.searchParams.has("uploads")) return listUploads(answer, url.searchParams.get("prefix") ?? "");
    pass(asked, url, body, answer);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
