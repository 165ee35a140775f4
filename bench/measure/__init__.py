"""What the comparisons share. The programs under test are started by the integration tests' harness."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'test' / 'integration'))
