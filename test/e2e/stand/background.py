"""Work beside a case."""
import contextlib
import threading


@contextlib.contextmanager
def in_background(work):
    """Calls work(over) in a thread of its own; `over` is set at the end of the block, which awaits it."""
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
