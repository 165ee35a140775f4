"""A double of Cloudflare's API (version 4), as far as DNS records go: https://developers.cloudflare.com/api/.

That it is like the real one is shown by certbot's own plug-in for Cloudflare, which works with it (test_dns.py).
"""
import http.server
import ipaddress
import json
import math
import threading
import urllib.parse
import uuid

_LARGEST_PAGE = 100


class _Refusal(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def _serve(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        owner = self.server.owner
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        owner.calls.append((self.command, url.path.removeprefix('/client/v4')))
        with owner.lock:
            if owner.is_stopped:
                return self._send(503, {})
            if owner.faults:
                status, headers = owner.faults.pop(0)
                return self._send(status, {'success': False, 'errors': [], 'messages': [], 'result': None}, headers)
            try:
                answer = owner.answer(self.headers, self.command, url.path.removeprefix('/client/v4'), query, body)
            except _Refusal as refusal:
                error = {'code': refusal.code, 'message': str(refusal)}
                return self._send(refusal.status, {'success': False, 'errors': [error], 'messages': [], 'result': None})
        return self._send(200, {'success': True, 'errors': [], 'messages': [], **answer})

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _send(self, status, answer, headers=()):
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Cloudflare:
    """`tokens`: token -> may it write; `mirror`: told of every change of a TXT record (name, contents)."""
    ttl = 120

    def __init__(self, zone='zone.test', mirror=None):
        self.zone = zone
        self.lock = threading.Lock()
        self.tokens = {'good-token': True, 'weak-token': False}
        self.page = _LARGEST_PAGE
        self.is_stopped = False
        self.faults = []  # (status, headers) of the next answers
        self.calls = []
        self._mirror = mirror or (lambda name, contents: None)
        self._records = {}
        self._zone_id = uuid.uuid4().hex
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler)
        self._server.daemon_threads = True
        self._server.owner = self
        self.url = 'http://127.0.0.1:%d/client/v4' % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def flags(self):
        return ['-dns', 'cloudflare']

    def environment(self):
        return {'CLOUDFLARE_API_URL': self.url, 'CF_Token': 'good-token'}

    def stop(self):
        """It is out of order until start()."""
        self.is_stopped = True

    def start(self):
        self.is_stopped = False

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    # What the API does.

    def answer(self, headers, method, path, query, body):
        may_write = self._authenticate(headers)
        segments = path.strip('/').split('/')
        if segments == ['zones'] and method == 'GET':
            zones = [{'id': self._zone_id, 'name': self.zone, 'status': 'active'}]
            return self._listed([zone for zone in zones if query.get('name', zone['name']) == zone['name']], query)
        if segments[:1] != ['zones'] or segments[2:3] != ['dns_records'] or len(segments) > 4:
            raise _Refusal(404, 7003, 'Could not route to %s, perhaps your object identifier is invalid?' % path)
        if segments[1] != self._zone_id:
            raise _Refusal(404, 7003, 'Could not route to %s, perhaps your object identifier is invalid?' % path)
        if method != 'GET' and not may_write:
            raise _Refusal(403, 10000, 'Authentication error')
        if len(segments) == 3:
            return self._collection(method, query, body)
        return self._single(method, segments[3], body)

    def _authenticate(self, headers):
        if headers.get('X-Auth-Key'):
            if (headers['X-Auth-Key'], headers.get('X-Auth-Email')) == ('good-key', 'you@zone.test'):
                return True
            raise _Refusal(403, 9103, 'Unknown X-Auth-Key or X-Auth-Email')
        token = (headers.get('Authorization') or '').removeprefix('Bearer ')
        if not token:
            raise _Refusal(400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers')
        if token not in self.tokens:
            raise _Refusal(403, 9109, 'Invalid access token')
        return self.tokens[token]

    def _listed(self, things, query):
        size = min(int(query.get('per_page', 100)), self.page)
        page = int(query.get('page', 1))
        shown = things[(page - 1) * size:page * size]
        return {'result': shown, 'result_info': {
            'page': page, 'per_page': size, 'count': len(shown), 'total_count': len(things),
            'total_pages': math.ceil(len(things) / size)}}

    def _collection(self, method, query, body):
        if method == 'GET':
            return self._listed([record for record in self._records.values()
                                 if all(record[key] == query[key] for key in ('name', 'type', 'content') if key in query)],
                                query)
        if method == 'POST':
            return {'result': self._keep(uuid.uuid4().hex, self._checked(json.loads(body)))}
        raise _Refusal(405, 10405, 'Method not allowed for this authentication scheme')

    def _single(self, method, identity, body):
        if identity not in self._records:
            raise _Refusal(404, 81044, 'Record does not exist.')
        if method == 'GET':
            return {'result': self._records[identity]}
        if method == 'DELETE':
            gone = self._records.pop(identity)
            self._tell(gone)
            return {'result': {'id': identity}}
        changed = json.loads(body) if method == 'PUT' else {**self._records[identity], **json.loads(body)}
        return {'result': self._keep(identity, self._checked(changed, identity))}

    def _checked(self, record, identity=None):
        kind, name, content = record.get('type'), record.get('name', '').lower(), record.get('content')
        if kind not in ('A', 'AAAA', 'TXT', 'CNAME') or not content:
            raise _Refusal(400, 9005, 'Content for %s record is invalid.' % kind)
        if kind in ('A', 'AAAA'):
            try:
                version = ipaddress.ip_address(content).version
            except ValueError:
                version = None
            if version != {'A': 4, 'AAAA': 6}[kind]:
                raise _Refusal(400, 9005, 'Content for %s record must be a valid IP address.' % kind)
        if name != self.zone and not name.endswith('.' + self.zone):
            name += '.' + self.zone
        ttl, proxied = record.get('ttl', 1), bool(record.get('proxied', False))
        if ttl != 1 and not 60 <= ttl <= 86400:
            raise _Refusal(400, 9021, 'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.')
        if proxied and kind == 'TXT':
            raise _Refusal(400, 9004, 'This record type cannot be proxied.')
        for other, known in self._records.items():
            same = all(known[key] == value for key, value in (('type', kind), ('name', name), ('content', content)))
            if same and other != identity:
                raise _Refusal(400, 81058, 'An identical record already exists.')
        return {'type': kind, 'name': name, 'content': content, 'ttl': 1 if proxied else ttl, 'proxied': proxied,
                'proxiable': kind != 'TXT', 'comment': record.get('comment')}

    def _keep(self, identity, record):
        former = self._records.get(identity)
        self._records[identity] = {'id': identity, 'zone_id': self._zone_id, 'zone_name': self.zone, **record}
        if former:
            self._tell(former)
        self._tell(record)
        return self._records[identity]

    def _tell(self, record):
        if record['type'] == 'TXT':
            self._mirror(record['name'], self.records(record['name'], 'TXT'))

    # What tests do.

    def records(self, name, kind):
        """Sorted contents."""
        return sorted(record['content'] for record in self._records.values()
                      if (record['name'], record['type']) == (name, kind))

    def find(self, name, kind):
        return [record for record in self._records.values() if (record['name'], record['type']) == (name, kind)]

    def add(self, name, kind, content, ttl=ttl):
        with self.lock:
            self._keep(uuid.uuid4().hex, self._checked({'type': kind, 'name': name, 'content': content, 'ttl': ttl}))

    def remove(self, name, kind, content):
        with self.lock:
            for record in self.find(name, kind):
                if record['content'] == content:
                    del self._records[record['id']]
