"""A client generated from the original proto, as it was, provisions, lists and destroys."""
import pathlib
import subprocess
import sys

import grpc
import pytest

from harness import clusters
from harness.origin import Origin
from harness.waiting import LIMIT, wait_until

_DATA = pathlib.Path(__file__).parent / 'data'


@pytest.fixture(scope='session')
def seed_api(tmp_path_factory):
    """The two modules that grpc_tools generates."""
    target = tmp_path_factory.mktemp('seed_api')
    subprocess.run([sys.executable, '-m', 'grpc_tools.protoc', '-I', _DATA, '--python_out=%s' % target,
                    '--grpc_python_out=%s' % target, _DATA / 'seed.proto'], check=True)
    sys.path.insert(0, str(target))
    try:
        import seed_pb2
        import seed_pb2_grpc
        yield seed_pb2, seed_pb2_grpc
    finally:
        sys.path.remove(str(target))


def connect(agent, seed_api):
    # http_proxy of the developer's environment is not for loopback.
    channel = grpc.insecure_channel('127.0.0.1:%d' % agent.grpc_port, [('grpc.enable_http_proxy', 0)])
    return seed_api[1].MexOSAgentStub(channel)


def test_a_cluster_by_the_original_client(cloud_agent, cloud, seed_api):
    pb2 = seed_api[0]
    stub = connect(cloud_agent, seed_api)
    request = pb2.ProvisionRequest(message='please', provisions=[
        pb2.Provision(name='test-1', tenant='tenant-1', kind=clusters.KIND, image='debian-12', flavor='m1.tiny')])
    answer = stub.Provision(request, timeout=LIMIT)
    assert (answer.message, answer.status) == ('please', 'OK')

    def listed():
        status = stub.Status(pb2.StatusRequest(), timeout=LIMIT)
        return [(each.name, each.tenant, each.kind) for each in status.provisions]
    assert listed() == [('test-1', 'tenant-1', clusters.KIND)]
    clusters.done(cloud_agent, clusters.cluster(cloud_agent)['operation'])
    clusters.assert_exactly(cloud, clusters.cluster(cloud_agent))

    assert stub.Destroy(request, timeout=LIMIT).status == 'OK'
    wait_until(lambda: listed() == [], 'the cluster has left the status')
    assert cloud.inventory() == {}


def test_proxy_routes_by_the_original_client(agent, seed_api):
    pb2 = seed_api[0]
    stub = connect(agent, seed_api)
    origin = Origin()
    route = pb2.Proxy(path='/test2', origin=origin.url)
    assert stub.Proxy(pb2.ProxyRequest(message='add', proxies=[route])).status == 'OK'
    assert agent.browse('GET', '/test2').json()['target'] == '/'
    assert stub.Proxy(pb2.ProxyRequest(message='list')).status == 'map[/test2:%s]' % origin.url
    status = stub.Status(pb2.StatusRequest())
    assert status.message.startswith('OK')
    assert [(each.path, each.origin) for each in status.proxies] == [('/test2', origin.url)]
    assert stub.Proxy(pb2.ProxyRequest(message='delete', proxies=[route])).status == 'OK'
    assert agent.browse('GET', '/test2').status_code == 404
    origin.close()


def test_errors_carry_a_code_and_name_the_field(agent, seed_api):
    pb2 = seed_api[0]
    stub = connect(agent, seed_api)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Provision(pb2.ProvisionRequest(provisions=[pb2.Provision(name='Not A Label', tenant='t', kind='x')]))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert 'provisions[0].name' in caught.value.details()


def test_nginx_instances(agent, seed_api):
    pb2, stub = seed_api[0], connect(agent, seed_api)
    assert stub.Nginx(pb2.NginxRequest(message='list')).status == '[]'
    assert stub.NginxKCP(pb2.NginxKCPRequest(message='list')).status == '[]'
    with pytest.raises(grpc.RpcError) as caught:
        stub.Nginx(pb2.NginxRequest(message='add', name='a', ports=[pb2.NginxPort(mexproto='LProtoTCP')]))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert 'ports[0].external' in caught.value.details()
