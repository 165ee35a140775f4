"""write_image.py FILE ROOT ARCHITECTURE ENTRY-POINT NAME...: a container image with one layer, the
directory ROOT, as an archive that containerd imports. The same input makes the same bytes."""
import hashlib
import io
import json
import os
import sys
import tarfile

PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
EPOCH = '1970-01-01T00:00:00Z'


def write_layer(path, root):
    """The digest of the written file."""
    with tarfile.open(path, 'w', format=tarfile.GNU_FORMAT) as layer:
        for directory, subdirectories, files in os.walk(root):
            subdirectories.sort()
            for name in sorted(subdirectories + files):
                full = os.path.join(directory, name)
                entry = layer.gettarinfo(full, os.path.relpath(full, root))
                entry.uid = entry.gid = entry.mtime = 0
                entry.uname = entry.gname = ''
                if entry.isreg():
                    with open(full, 'rb') as file:
                        layer.addfile(entry, file)
                else:
                    layer.addfile(entry)
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def configuration(architecture, entry_point, layer_digest):
    return json.dumps({
        'architecture': architecture, 'os': 'linux', 'created': EPOCH,
        'config': {'Entrypoint': [entry_point], 'Env': [PATH]},
        'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + layer_digest]},
        'history': [{'created': EPOCH}]}).encode()


def add_bytes(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def main(path, root, architecture, entry_point, *names):
    layer = path + '.layer'
    config = configuration(architecture, entry_point, write_layer(layer, root))
    config_name = hashlib.sha256(config).hexdigest() + '.json'
    with tarfile.open(path, 'w') as archive:
        archive.add(layer, 'layer.tar')
        add_bytes(archive, config_name, config)
        add_bytes(archive, 'manifest.json', json.dumps(
            [{'Config': config_name, 'RepoTags': names, 'Layers': ['layer.tar']}]).encode())
    os.unlink(layer)


if __name__ == '__main__':
    main(*sys.argv[1:])
