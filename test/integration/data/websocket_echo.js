// An origin of the library ws, which echoes. Writes its port.
const {WebSocketServer} = require('ws');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: true,
  handleProtocols: protocols => protocols.has('chat') && 'chat',
}, () => console.log(server.address().port));
server.on('connection', connection => connection.on('message', (data, isBinary) => {
  if (data.toString() === 'end') connection.close(4001);
  else connection.send(data, {binary: isBinary});
}));
