"""Real nodes for the servers that Nova's fake hypervisors report ACTIVE. Start reading in runner.py."""
