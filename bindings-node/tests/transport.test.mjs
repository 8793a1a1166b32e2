// The transport against servers on loopback: what it sends, and what it says of what went wrong.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fetchTransport, TransportFault } from "sansms";

const transport = fetchTransport();
let server, origin, seen;

before(async () => {
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    seen = { method, url, headers, body: Buffer.concat(chunks).toString() };
    if (url === "/redirect") return response.writeHead(302, { location: "/elsewhere" }).end("moved");
    if (url === "/bytes") return response.writeHead(200).end(Buffer.from('{"Code":"OK","Message":"\xe9"}', "latin1"));
    if (url === "/large") return response.end("x".repeat(5000));
    if (url === "/cut") return response.writeHead(200, { "content-length": "10" }).write("half", () => response.destroy());
    if (url === "/hang") return undefined;
    return response.writeHead(418, { "Retry-After": "7" }).end("\ufeff短信");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const call = (path, more) => ({ method: "POST", url: origin + path, headers: [], body: "", timeoutMs: 2000, maxReplyBytes: 4096, ...more });
const faulty = (call, sent) =>
  assert.rejects(transport.send(call), (fault) => fault instanceof TransportFault && fault.sent === sent && !String(fault).includes("127.0.0.1"));

test("a call arrives as it is, and any status is a reply", async () => {
  const reply = await transport.send(call("/a%2Fb?c=d+e%20f", { headers: [["content-type", "text/x"], ["x-one", "1"]], body: "短信" }));
  assert.equal(reply.status, 418);
  assert.equal(reply.body, "\ufeff短信");
  assert.equal(new Map(reply.headers).get("retry-after"), "7");
  assert.equal(seen.method, "POST");
  assert.equal(seen.url, "/a%2Fb?c=d+e%20f");
  assert.equal(seen.headers["content-type"], "text/x");
  assert.equal(seen.headers["x-one"], "1");
  assert.equal(seen.body, "短信");
});

test("a body adds no type of its own, nor does none", async () => {
  await transport.send(call("/", { body: "a=b" }));
  assert.equal(seen.headers["content-type"], undefined);
  assert.equal(seen.body, "a=b");
  await transport.send(call("/"));
  assert.equal(seen.headers["content-type"], undefined);
  assert.equal(seen.body, "");
  await transport.send(call("/", { method: "GET" }));
  assert.equal(seen.method, "GET");
});

test("bytes that are no UTF-8 are no text: a stand-in for them would read as what the gateway said", async () => {
  const { status, body } = await transport.send(call("/bytes"));
  assert.deepEqual([status, body], [200, ""]);
});

test("a redirect is a reply, and not followed", async () => {
  assert.equal((await transport.send(call("/redirect"))).status, 302);
  assert.equal(seen.url, "/redirect");
});

test("a reply at the bound is read, one above it is a fault", async () => {
  assert.equal((await transport.send(call("/large", { maxReplyBytes: 5000 }))).body.length, 5000);
  await faulty(call("/large", { maxReplyBytes: 4999 }), true);
});

test("a reply that breaks off, or does not come in time, may have been acted on", async () => {
  await faulty(call("/cut"), true);
  const began = performance.now();
  await faulty(call("/hang", { timeoutMs: 100 }), true);
  assert.ok(performance.now() - began < 1500);
});

test("a connection that was closed after the request may have been acted on", async () => {
  const rude = createSocketServer((socket) => socket.once("data", () => socket.destroy())).listen(0, "127.0.0.1");
  await once(rude, "listening");
  await faulty({ ...call("/"), url: `http://127.0.0.1:${rude.address().port}/` }, true);
  rude.close();
});

test("what never left is said to be so", async () => {
  const closed = createSocketServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address();
  closed.close();
  await once(closed, "close");
  await faulty({ ...call("/"), url: `http://127.0.0.1:${port}/` }, false);
  await faulty({ ...call("/"), url: "http://no-such-host.invalid/" }, false);
});

test("a certificate that is refused lets nothing leave", async () => {
  const home = mkdtempSync(join(tmpdir(), "sansms-"));
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(home, name));
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert], { stdio: "ignore" });
  let asked = 0;
  const self = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, () => asked++).listen(0, "127.0.0.1");
  await once(self, "listening");
  try {
    await faulty({ ...call("/"), url: `https://127.0.0.1:${self.address().port}/`, body: "a=b" }, false);
    assert.equal(asked, 0);
  } finally {
    self.close();
    rmSync(home, { recursive: true });
  }
});

test("a fetch that tells nothing counts as sent", async () => {
  const mute = fetchTransport({ fetch: () => Promise.reject(new TypeError("failed")) });
  await assert.rejects(mute.send(call("/")), (fault) => fault.sent === true);
});
