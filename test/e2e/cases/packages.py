"""A plain Debian becomes a cluster: Kubernetes comes from the flavor's apt source, its images from the flavor's
registry, by an authority that only the flavor knows."""
from stand import nodes
from stand.apt_source import AptSource
from stand.registry import Registry, kubernetes_images

VERSION = '1.20.2'
PLAIN = 'debian-12-bare'


def run(stand):
    source = AptSource(stand.directory / 'apt', VERSION)
    registry = Registry(stand.directory / 'registry', kubernetes_images())
    try:
        stand.make_flavor({
            'name': 'plain-debian', 'masters': {'count': 1, 'image': PLAIN},
            'worker_pools': [{'name': 'worker', 'count': 1, 'image': PLAIN}],
            'kubernetes': {'version': VERSION, 'image_style': 'PACKAGES', 'apt_source': source.line,
                           'registry_mirror': registry.url, 'ca_bundle': registry.authority.read_text()}})
        with stand.steps.step('two nodes are Ready'):
            stand.done(stand.provision('plain-debian'))
        stand.steps.say(stand.kubectl()('get', 'nodes', '-o', 'wide').rstrip())
        held = {node['slot']: nodes.run(node['name'], 'apt-mark', 'showhold').split() for node in stand.nodes().values()}
        assert all(each == ['kubeadm', 'kubectl', 'kubelet'] for each in held.values()), held
        with stand.steps.step('it is destroyed'):
            stand.done(stand.destroy())
        assert stand.left_over() == []
    finally:
        source.close()
        registry.close()
