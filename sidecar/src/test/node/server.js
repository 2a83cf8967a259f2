// Reads requests with Node's parser and prints what it has read, as h11_server.py does.
const http = require('http');

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces).toString('hex');
    console.log(`${request.method} ${request.url} ${request.headers.host || ''} ${body}`);
    response.writeHead(200, { 'content-length': 2 });
    response.end('ok');
  });
});
server.on('clientError', (problem, socket) => {
  if (problem.code !== 'ECONNRESET') {
    console.log(`BAD ${problem.code}`);
  }
  socket.destroy();
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
