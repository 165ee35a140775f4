"""The records of an agent that does not run, as bytes."""
import contextlib
import sqlite3


@contextlib.contextmanager
def _database(agent):
    connection = sqlite3.connect(agent.state_dir / 'state.db')
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def all_of(agent):
    with _database(agent) as database:
        return dict(database.execute('SELECT key, value FROM entries'))


def read(agent, key):
    return all_of(agent).get(key)


def write(agent, key, value):
    with _database(agent) as database:
        database.execute('INSERT OR REPLACE INTO entries VALUES (?, ?, 1)', (key, value))


def set_format(agent, number):
    with _database(agent) as database:
        database.execute('PRAGMA user_version = %d' % number)
