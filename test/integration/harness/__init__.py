"""What the integration tests stand on: the agent's process, the cloud, a recording proxy, origins."""
