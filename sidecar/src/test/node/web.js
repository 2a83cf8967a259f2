// The client that gRPC ships for browsers (npm: grpc-web), in node with an XMLHttpRequest of its own (npm: xhr2).
// node web.js MODULES PORT AUTHORITY FORMAT: calls the echo service, prints a line for each thing it saw.
const [modules, port, authority, format] = process.argv.slice(2);
const { createRequire } = require("module");
const from = createRequire(modules + "/");
global.XMLHttpRequest = from("xhr2");
// As if a name server had led us there.
const agent = new (require("http").Agent)();
agent.createConnection = (_, connected) => require("net").connect(Number(port), "127.0.0.1", connected);
XMLHttpRequest.nodejsSet({ httpAgent: agent });
const { GrpcWebClientBase, MethodDescriptor } = from("grpc-web");

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);
const method = (name, type) =>
  new MethodDescriptor("/test.Echo/" + name, type, String, String, encode, decode);
const unary = method("Unary", "unary");
const server = method("Server", "server_streaming");
const client = new GrpcWebClientBase({ format });
const url = (m) => "http://" + authority + "/test.Echo/" + m;

const once = (text, more) =>
  new Promise((done) =>
    client.rpcCall(url("Unary"), text, { ...more }, unary, (error, answer) =>
      done(error ? "error " + error.code + " " + error.message : answer)));

const stream = (text) =>
  new Promise((done) => {
    const seen = [];
    client
      .serverStreaming(url("Server"), text, {}, server)
      .on("data", (answer) => seen.push(answer))
      .on("error", (error) => done([...seen, "error " + error.code + " " + error.message]))
      .on("end", () => done(seen));
  });

(async () => {
  console.log(await once("hello"));
  console.log(await once("fail 5 none at all"));
  console.log(await once("hang", { deadline: String(Date.now() + 500) }));
  console.log((await stream("a b c")).join(","));
  console.log((await stream("a fail_9_no")).join(","));
  process.exit(0);
})();
