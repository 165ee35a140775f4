"""What the cases stand on: a cloud, its nodes, an agent, kubectl. The harness of test/integration is theirs, too."""
import pathlib
import sys

TEST = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TEST / 'integration'))
