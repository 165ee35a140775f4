"""Takes user-data apart as cloud-init does, and prints what came out as JSON.

    user_data_judge.py USER_DATA DIRECTORY

DIRECTORY gets every part as a file of its own. "merged" is the cloud-config that all parts together
amount to, by cloud-init's own code."""
import email
import gzip
import json
import pathlib
import sys

import yaml
from cloudinit import mergers

DEFAULT_MERGERS = mergers.string_extract_mergers("dict(replace)+list()+str()")


def cloud_config(documents):
    merged = {}
    for document in documents:
        wished = mergers.dict_extract_mergers(document) or DEFAULT_MERGERS
        merged = mergers.construct(wished).merge(merged, document)
    return merged


def main():
    data = pathlib.Path(sys.argv[1]).read_bytes()
    directory = pathlib.Path(sys.argv[2])
    message = email.message_from_string(gzip.decompress(data).decode("ascii"))
    assert not message.defects, message.defects
    parts = []
    documents = []
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        file = directory / f"part-{len(parts)}"
        file.write_bytes(content)
        parts.append({"type": part.get_content_type(), "name": part.get_filename(),
                      "file": str(file), "content": content.decode()})
        if part.get_content_type() == "text/cloud-config":
            documents.append(yaml.safe_load(content))
    print(json.dumps({"parts": parts, "merged": cloud_config(documents)}))


main()
