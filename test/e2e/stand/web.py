"""An app with a way in: pods that answer with their node's name (../../nodes/kubernetes/web)."""

NODE_PORT = 30080
DISRUPTION_BUDGET = {
    'apiVersion': 'policy/v1beta1', 'kind': 'PodDisruptionBudget', 'metadata': {'name': 'web'},
    'spec': {'maxUnavailable': 1, 'selector': {'matchLabels': {'app': 'web'}}}}


def web(replicas):
    """One pod on each worker, as long as there is a worker for it."""
    spread = {'podAntiAffinity': {'preferredDuringSchedulingIgnoredDuringExecution': [
        {'weight': 100, 'podAffinityTerm': {'topologyKey': 'kubernetes.io/hostname',
                                            'labelSelector': {'matchLabels': {'app': 'web'}}}}]}}
    container = {'name': 'web', 'image': 'mexosagent/web:1',
                 'readinessProbe': {'httpGet': {'path': '/', 'port': 8080}, 'periodSeconds': 1},
                 'env': [{'name': 'NODE_NAME', 'valueFrom': {'fieldRef': {'fieldPath': 'spec.nodeName'}}}]}
    return {'apiVersion': 'v1', 'kind': 'List', 'items': [
        {'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'web'}, 'spec': {
            'replicas': replicas, 'selector': {'matchLabels': {'app': 'web'}},
            'template': {'metadata': {'labels': {'app': 'web'}}, 'spec': {'affinity': spread, 'containers': [container]}}}},
        {'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'web'}, 'spec': {
            'type': 'NodePort', 'selector': {'app': 'web'}, 'ports': [{'port': 8080, 'nodePort': NODE_PORT}]}}]}
