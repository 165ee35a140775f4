// An origin of Node.js: writes its port, and then the request line of each request that it reads.
const http = require('http');

const server = http.createServer((request, response) => {
  console.log(request.method + ' ' + request.url);
  request.resume();
  request.on('end', () => response.end('ok'));
});
server.on('clientError', (error, socket) => {
  // Where the proxy has given up within a body, which is what it does when the body breaks its rules.
  const isCutOff = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
  if (!isCutOff) console.log('BAD ' + error.code);
  socket.destroy();
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
