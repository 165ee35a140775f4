// A client of the library ws: says at its end, as JSON, what came back.
const WebSocket = require('ws');

const connection = new WebSocket(process.argv[2], 'chat', {perMessageDeflate: true});
const seen = {echoed: 0, large: 0};
connection.on('open', () => connection.send('0'));
connection.on('message', data => {
  if (data.length > 100) {
    seen.large = data.length;
    connection.send('end');
  } else if (++seen.echoed < 100) {
    connection.send(String(seen.echoed));
  } else {
    connection.send(Buffer.alloc(1 << 20, 'x'));
  }
});
connection.on('close', code => console.log(JSON.stringify(
    {...seen, extensions: connection.extensions, subprotocol: connection.protocol, code})));
